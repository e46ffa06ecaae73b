"""The revision that this server speaks."""

import pytest

from footprint.local.clickhouse.revisions import asks_revision, hello

QUESTION = "SELECT displayName(), version(), revision(), timezone()"


def test_only_a_client_that_speaks_revisions_is_told():
    assert asks_revision(QUESTION, {"client_protocol_version": "54460"})
    for spoken in ("", "0", "54453", "x"):
        assert not asks_revision(QUESTION, {"client_protocol_version": spoken})
    assert not asks_revision(QUESTION, {})


@pytest.mark.parametrize("statement", ["SELECT 1", QUESTION + ", 1", "SELECT 'open", ""])
def test_every_other_statement_is_the_engines(statement):
    assert not asks_revision(statement, {"client_protocol_version": "54460"})


def test_the_answer_is_one_block_of_one_row():
    told = hello("26.9.2.1")
    assert told.startswith(b"\x01\x00\x02\xff\xff\xff\xff\x00\x04\x01")
    assert b"\x09version()\x06String\x00\x0826.9.2.1" in told
    assert b"revision()\x06UInt32\x00" + bytes(4) in told

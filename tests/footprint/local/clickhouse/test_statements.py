"""What a request asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footprint.local.clickhouse.statements import Insert, Statement, identifier, literal, query_parameters, read_request, settings_of


@pytest.mark.parametrize(
    ("query", "body", "target", "form", "rows"),
    [
        ("INSERT INTO t FORMAT JSONEachRow", b'{"a":1}', "t", "JSONEachRow", b'{"a":1}'),
        ("", b"INSERT INTO t (a, `values`) FORMAT Native\n\x00\xff\n", "t (a, `values`)", "Native", b"\x00\xff\n"),
        ("", b"insert into db.t(values) format TSV\n\n1\n", "db.t(values)", "TSV", b"\n1\n"),
        ("INSERT INTO t SETTINGS async_insert=0 FORMAT CSV", b"1", "t SETTINGS async_insert=0", "CSV", b"1"),
        ("", b'INSERT INTO t FORMAT JSONEachRow {"a":1}', "t", "JSONEachRow", b'{"a":1}'),
        ("INSERT INTO t FORMAT Native", b"", "t", "Native", b""),
        ("INSERT INTO t FORMAT CSV 1", b"2\n", "t", "CSV", b"1\n2\n"),
        ("INSERT INTO", b"t FORMAT CSV\n1", "t", "CSV", b"1"),
    ],
)
def test_rows_are_told_from_the_words_before_them(query, body, target, form, rows):
    assert read_request(query, body, "TSV") == Insert(target, form, rows)


def test_a_body_of_rows_only_is_not_copied():
    rows = b'{"a":1}' * 9
    asked = read_request("INSERT INTO t FORMAT JSONEachRow", rows, "TSV")
    assert isinstance(asked, Insert)
    assert asked.rows is rows


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO t VALUES (1, 'FORMAT JSON')",
        "INSERT INTO t SELECT * FROM s FORMAT JSON",
        "INSERT INTO t (a) SELECT a FROM input('a Int32') FORMAT JSONEachRow",
    ],
)
def test_an_insert_without_rows_in_the_body_is_a_statement(text):
    assert isinstance(read_request("", text.encode(), "TSV"), Statement)


def test_the_statement_names_the_format_or_the_request_does():
    assert read_request("SELECT 1 FORMAT JSON", b"", "TSV").format == "JSON"
    assert read_request("", b"SELECT 1 FORMAT Native;", "TSV").format == "Native"
    assert read_request("SELECT 'FORMAT JSON', 1", b"", "TSV").format == "TSV"


def test_only_what_can_be_joined_is_streamed():
    assert read_request("SELECT 1 FORMAT Native", b"", "TSV").streams
    assert not read_request("SELECT 1 FORMAT JSON", b"", "TSV").streams
    assert not read_request("SHOW TABLES", b"", "TSV").streams
    assert read_request("SHOW TABLES", b"", "TSV").reads
    assert not read_request("CREATE TABLE t (a Int32) ENGINE = Null", b"", "TSV").reads


def test_parameters_are_settings_values_or_neither():
    parameters = {"query": "SELECT 1", "database": "d", "session_id": "s", "max_threads": "1", "param_x": "y", "bad name": "z"}
    assert settings_of(parameters) == {"max_threads": "1"}
    assert query_parameters(parameters) == {"x": "y"}


@given(st.binary())
def test_the_bytes_of_rows_are_never_touched(rows):
    assert read_request("INSERT INTO t FORMAT Native", rows, "TSV").rows == rows


@given(st.text())
def test_quoting_leaves_no_open_quote(value):
    for quoted, mark in ((literal(value), "'"), (identifier(value), "`")):
        inside = quoted[1:-1].replace("\\\\", "").replace(f"\\{mark}", "")
        assert quoted[0] == quoted[-1] == mark
        assert mark not in inside
        assert not inside.endswith("\\")

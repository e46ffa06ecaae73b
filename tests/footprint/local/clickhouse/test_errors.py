"""Errors as ClickHouse tells them."""

import pytest

from footprint.local.clickhouse.errors import failure, failure_of


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("Code: 62. DB::Exception: Syntax error", 62, 400),
        ("DB::Exception: x. Code: 60. DB::Exception: no table", 60, 404),
        ("Code: 164. DB::Exception: readonly", 164, 403),
        ("Code: 241. DB::Exception: memory", 241, 500),
        ("something else", 1002, 500),
    ],
)
def test_the_engines_code_becomes_the_status(text, code, status):
    told = failure_of(RuntimeError(text))
    assert (told.code, told.status) == (code, status)
    assert told.message.startswith(f"Code: {code}. ")


def test_our_own_errors_have_the_engines_form():
    assert failure(516, "AUTHENTICATION_FAILED", "no").message == "Code: 516. DB::Exception: no (AUTHENTICATION_FAILED)"

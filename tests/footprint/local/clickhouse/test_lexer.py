"""The words of a statement, read as ClickHouse reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footprint.local.clickhouse.lexer import Form, Unreadable, tokens


def texts(statement):
    return [token.text for token in tokens(statement)]


def test_comments_and_space_are_left_out():
    assert texts("SELECT -- one\n 1 /* two\n three */ + 2") == ["SELECT", "1", "+", "2"]


def test_what_stands_in_a_string_is_no_word():
    assert texts(r"SELECT 'file(''x'') \' INTO OUTFILE', file") == ["SELECT", "", ",", "file"]


def test_a_quoted_name_is_its_name():
    found = list(tokens(r'`file`("a\"b")'))
    assert [(token.form, token.text) for token in found if token.names] == [(Form.QUOTED_NAME, "file"), (Form.QUOTED_NAME, 'a"b')]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT $tag$ file('/etc/passwd') $tag$",
        "SELECT \u2018file\u2019",
        "SELECT 1 # a comment",
        "SELECT 'open",
        "SELECT /* open",
        "SELECT /* one /* two */ 1",
        "SELECT -- a\rfile('/etc/passwd')",
        "SELECT \x00 1",
        "SELECT\u00a01",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(statement):
    with pytest.raises(Unreadable):
        texts(statement)


@given(st.text())
def test_any_string_literal_is_one_token(value):
    quoted = "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\r", "") + "'"
    assert [token.form for token in tokens(f"SELECT {quoted} , 1")] == [Form.WORD, Form.STRING, Form.SIGN, Form.NUMBER]


@given(st.text(alphabet="ab'`\"\\-/*\n #$;()"))
def test_reading_never_ends_in_anything_but_tokens_or_unreadable(statement):
    try:
        texts(statement)
    except Unreadable:
        return

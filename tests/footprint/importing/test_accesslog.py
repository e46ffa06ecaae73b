from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footprint.importing.accesslog import LogLine, read_line, text_of

LINE = b'83.149.9.216 - frank [17/May/2015:10:05:03 +0200] "GET /a/b?c=d HTTP/1.1" 200 203023 "http://example.com/from" "Mozilla/5.0 (X11)"'


def test_a_combined_line_gives_every_field():
    assert read_line(LINE, combined=True) == LogLine(
        address=b"83.149.9.216",
        at=datetime(2015, 5, 17, 8, 5, 3, tzinfo=UTC),
        method=b"GET",
        target=b"/a/b?c=d",
        status=200,
        size=203_023,
        referrer=b"http://example.com/from",
        user_agent=b"Mozilla/5.0 (X11)",
    )


def test_a_common_line_has_no_referrer_and_no_user_agent():
    line = read_line(b'::1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.0" 304 -', combined=False)
    assert isinstance(line, LogLine)
    assert (line.address, line.size, line.referrer, line.user_agent) == (b"::1", 0, b"", b"")


def test_a_dash_stands_for_what_the_server_did_not_know():
    line = read_line(b'h - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.0" 200 1 "-" "-"', combined=True)
    assert isinstance(line, LogLine)
    assert (text_of(line.referrer), text_of(line.user_agent)) == ("", "")


def test_quotes_inside_a_field_are_escaped_by_the_server():
    line = read_line(LINE.replace(b"Mozilla/5.0", rb"say \"hi\" \\"), combined=True)
    assert isinstance(line, LogLine)
    assert text_of(line.user_agent) == 'say "hi" \\ (X11)'


@pytest.mark.parametrize("user", [b"-", b"john", b"john smith"])
def test_a_user_name_may_hold_spaces(user):
    assert isinstance(read_line(LINE.replace(b"frank", user), combined=True), LogLine)


def test_fields_that_a_server_appends_are_not_read():
    assert read_line(LINE + b' "10.0.0.1" 0.003', combined=True) == read_line(LINE, combined=True)


@pytest.mark.parametrize("request_line", [b"GET /", b"GET * HTTP/1.1", b"PROPFIND /x HTTP/2", b"GET http://a.example/ HTTP/1.1"])
def test_these_requests_are_readable(request_line):
    assert isinstance(read_line(LINE.replace(b"GET /a/b?c=d HTTP/1.1", request_line), combined=True), LogLine)


@pytest.mark.parametrize(
    "request_line", [b"", b"-", b"GET", rb"\x16\x03\x01", b"GET /a b HTTP/1.1", b"GET /a HTTP/x", b"GET  / HTTP/1.1", b"quit\xff /"]
)
def test_a_request_that_is_not_method_target_version_is_unreadable(request_line):
    problem = read_line(LINE.replace(b"GET /a/b?c=d HTTP/1.1", request_line), combined=True)
    assert problem == "The request is not `METHOD target [version]`."


@pytest.mark.parametrize(
    "line",
    [b"", b"hello", LINE[:-1], LINE[:60], LINE.replace(b" 200 ", b" ok "), LINE.replace(b"[17", b"17"), LINE.replace(b'" "', b'""')],
)
def test_a_line_that_lacks_a_part_is_unreadable(line):
    assert read_line(line, combined=True) == "This is not a line of the combined format."


@pytest.mark.parametrize("stamp", [b"", b"31/Feb/2015:10:05:03 +0000", b"17/Mai/2015:10:05:03 +0000", b"17/May/2015:25:05:03 +0000"])
def test_a_time_that_is_none_makes_the_line_unreadable(stamp):
    assert "time" in str(read_line(LINE.replace(b"17/May/2015:10:05:03 +0200", stamp), combined=True))


@given(
    at=st.datetimes(min_value=datetime(1000, 1, 2), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001 - hypothesis wants naive bounds
    minutes=st.integers(-14 * 60, 14 * 60),
)
def test_every_time_a_server_can_write_is_read(at, minutes):
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    hours, rest = divmod(abs(minutes), 60)
    zone = f"{'-' if minutes < 0 else '+'}{hours:02}{rest:02}"
    stamp = f"{at.day:02}/{months[at.month - 1]}/{at.year:04}:{at:%H:%M:%S} {zone}"
    line = read_line(LINE.replace(b"17/May/2015:10:05:03 +0200", stamp.encode()), combined=True)
    assert isinstance(line, LogLine)
    assert line.at == at.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_read_or_refused_but_never_fail(line, combined):
    assert isinstance(read_line(line, combined=combined), (LogLine, str))
    text_of(line)


def test_a_hostile_line_is_refused_quickly():
    for part in (b"[", b'"', b"\\", b" ", b'" "', b"] "):
        assert isinstance(read_line(b"a - - [" + part * 50_000, combined=True), str)

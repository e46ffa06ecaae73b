import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footprint.importing.ids import EqualLines, event_id_of, visitor_id_of
from footprint.importing.logs import extension_of, outcome_of, path_of, url_of
from footprint.importing.outcomes import Broken, Ready, Skip, Skipped
from schemas.rejections import Reason


def line_of(request=b"GET / HTTP/1.1", status=200, referrer=b"-", agent=b"Mozilla/5.0", address=b"203.0.113.77"):
    return b'%s - - [17/May/2015:10:05:03 +0000] "%s" %d 99 "%s" "%s"' % (address, request, status, referrer, agent)


def read(line, **options):
    return outcome_of(line, earlier=0, site="demo", combined=True, **options)


def test_a_page_view_carries_the_original_time_visitor_address_and_referrer():
    outcome = read(line_of(b"GET /docs/?q=1 HTTP/1.1", referrer=b"https://www.google.com/"))
    assert isinstance(outcome, Ready)
    assert outcome.message == {
        "type": "page",
        "messageId": outcome.event_id,
        "anonymousId": visitor_id_of("demo", b"203.0.113.77", b"Mozilla/5.0"),
        "timestamp": "2015-05-17T10:05:03.000Z",
        "context": {
            "page": {"url": "/docs/?q=1", "referrer": "https://www.google.com/"},
            "library": {"name": "footprint-import"},
            "userAgent": "Mozilla/5.0",
            "ip": "203.0.113.77",
        },
        "properties": {"status": 200, "bytes": 99},
    }


def test_a_download_is_a_click_named_download():
    outcome = read(line_of(b"GET /files/Plan.PDF?v=2 HTTP/1.1", 206))
    assert isinstance(outcome, Ready)
    assert {name: outcome.message[name] for name in ("type", "kind", "event")} == {"type": "track", "kind": "click", "event": "download"}


@pytest.mark.parametrize(
    ("request_line", "status", "why"),
    [
        (b"POST /form HTTP/1.1", 200, Skip.METHOD),
        (b"HEAD / HTTP/1.1", 200, Skip.METHOD),
        (b"GET / HTTP/1.1", 301, Skip.STATUS),
        (b"GET / HTTP/1.1", 404, Skip.STATUS),
        (b"GET /app.css HTTP/1.1", 200, Skip.ASSET),
        (b"GET /logo.PNG?x=/page HTTP/1.1", 200, Skip.ASSET),
        (b"GET /feed.atom#top HTTP/1.1", 304, Skip.ASSET),
    ],
)
def test_every_other_readable_line_is_skipped_with_its_reason(request_line, status, why):
    assert read(line_of(request_line, status)) == Skipped(why)


@pytest.mark.parametrize("status", [200, 204, 299, 304])
def test_a_successful_or_unchanged_page_is_a_view(status):
    assert isinstance(read(line_of(status=status)), Ready)


def test_an_unreadable_line_keeps_its_reason_id_and_original():
    outcome = read(b"\xff what is this")
    assert outcome == Broken(
        event_id_of("demo", b"\xff what is this", 0),
        Reason.UNREADABLE,
        "This is not a line of the combined format.",
        "\N{REPLACEMENT CHARACTER} what is this",
    )


@pytest.mark.parametrize(
    ("path", "extension"),
    [(b"/a.b/c", b""), (b"/a.tar.GZ", b"gz"), (b"/.css", b"css"), (b"/a.", b""), (b"/", b""), (b"/v1.2/", b""), (b"", b"")],
)
def test_an_extension_stands_after_the_last_dot_of_the_last_segment(path, extension):
    assert extension_of(path) == extension


def test_the_path_of_a_target_leaves_out_host_query_and_fragment():
    assert path_of(b"/a?b=/c.css#d") == b"/a"
    assert path_of(b"http://example.com/a.css?b") == b"/a.css"
    assert path_of(b"/redirect/http://example.com/a.css") == b"/redirect/http://example.com/a.css"


def test_a_host_makes_logged_paths_full_addresses():
    assert url_of(b"/a?b=c") == "/a?b=c"
    assert url_of(b"/a", "example.com") == "https://example.com/a"
    assert url_of(b"/a", "http://example.com/") == "http://example.com/a"
    assert url_of(b"http://other.example/a", "example.com") == "http://other.example/a"
    assert url_of(b"//a/b") == "/a/b"


def test_a_host_name_in_place_of_an_address_identifies_but_is_no_address():
    outcome = read(line_of(address=b"dsl-17.example.net"))
    assert isinstance(outcome, Ready)
    assert outcome.message["context"]["ip"] == ""


def test_ids_are_uuids_of_version_5_and_differ_by_site_line_and_count():
    ids = {event_id_of("demo", b"x", 0), event_id_of("demo", b"x", 1), event_id_of("other", b"x", 0), event_id_of("demo", b"y", 0)}
    assert len(ids) == 4
    assert {uuid.UUID(one).version for one in ids} == {5}


def test_the_same_line_has_the_same_id_in_every_release():
    assert event_id_of("demo", b"x", 0) == "5b291abc-73d6-5dfa-b70e-9f18beef2c89"
    assert visitor_id_of("demo", b"1.2.3.4", b"Mozilla/5.0") == "log-f09f30c5532e540d"


@given(st.lists(st.binary(max_size=2), max_size=40))
def test_equal_lines_are_counted_as_they_stand_in_the_file(lines):
    seen = EqualLines()
    assert [seen.earlier(line) for line in lines] == [lines[:index].count(line) for index, line in enumerate(lines)]


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_have_an_outcome(line, combined):
    assert isinstance(outcome_of(line, earlier=0, site="demo", combined=combined), (Ready, Skipped, Broken))

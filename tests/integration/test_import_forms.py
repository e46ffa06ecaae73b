"""`footprint import` of every format, through a real line: bad lines, standard input, compression, events that are refused."""

import pytest
import zstandard

from schemas.codec import dumps
from tests.support.commands import ask, run_json

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]

SITE = "history"
GOOD = b'203.0.113.9 - - [17/May/2015:10:05:03 +0000] "GET /about HTTP/1.1" 200 5 "-" "Mozilla/5.0"'
BAD = b"this is no line of a log \xff"
HEAVY = {"type": "track", "event": "Heavy", "messageId": "heavy-1", "anonymousId": "v-heavy", "properties": {"load": "x" * 70_000}}


def load(line, content, *options):
    return run_json(line, "import", "-", "--site", SITE, "--json", *options, stdin=content)


def test_equal_lines_are_two_events_and_a_bad_line_is_rejected_by_its_reason(line):
    content = b"\n".join([GOOD, BAD, GOOD, b"", BAD])
    for accepted, already in ((2, 0), (0, 2)):
        assert load(line, content) == {
            "read": 5,
            "accepted": accepted,
            "already_there": already,
            "repeated": 0,
            "skipped": {"blank": 1},
            "rejected": {"unreadable": 2},
            "live": 0,
        }
    rows = ask(line, f"SELECT stage, reason, original FROM rejected WHERE site = '{SITE}' AND stage = 'import'")
    assert rows == [["import", "unreadable", "this is no line of a log \N{REPLACEMENT CHARACTER}"]] * 2


def test_events_with_own_names_keep_their_ids_times_and_properties(line):
    events = [
        {"event_id": "own-1", "visitor_id": "v-own", "kind": "page_view", "event_time": "2020-02-03 04:05:06.007", "url": "https://a.example/x"},
        {"event_id": "own-2", "visitor_id": "v-own", "kind": "purchase", "name": "Order Completed", "event_time": "2020-02-03 04:06:00",
         "sent_at": "2020-02-03 04:06:00", "value": 12.5, "currency": "EUR", "props": {"coupon": "MAY"}},
    ]  # fmt: skip
    counts = load(line, zstandard.compress(b"\n".join(map(dumps, events))), "--format", "ndjson")
    assert (counts["accepted"], counts["rejected"]) == (2, {})
    rows = ask(
        line,
        "SELECT event_id, kind, toString(event_time), url_path, value, toString(props.coupon), session_id != '' "
        f"FROM events WHERE site = '{SITE}' AND visitor_id = 'v-own' ORDER BY event_id",
    )
    assert [[*row[:4], *row[4:6]] for row in rows] == [
        ["own-1", "page_view", "2020-02-03 04:05:06.007", "/x", 0, ""],
        ["own-2", "purchase", "2020-02-03 04:06:00.000", "", 12.5, "MAY"],
    ]
    assert all(row[6] for row in rows)


def test_an_event_that_the_collector_refuses_is_counted_and_its_neighbours_are_stored(line):
    good = {"type": "page", "messageId": "light-1", "anonymousId": "v-heavy", "timestamp": "2020-01-01T00:00:00Z"}
    nobody = {"type": "page", "messageId": "nobody-1"}
    counts = load(line, b"\n".join(map(dumps, [good, HEAVY, nobody])))
    assert counts["accepted"] == 1
    assert counts["rejected"] == {"too_large": 1, "no_id": 1}
    again = load(line, b"\n".join(map(dumps, [good, HEAVY, nobody])))
    assert (again["accepted"], again["already_there"], again["rejected"]) == (0, 1, counts["rejected"])

"""`footprint import` of a real log through a real line, against a count that shares no code with the product."""

from collections import defaultdict
from functools import partial

import pytest

from tests.support import commands
from tests.support.accesslog import LOG, counted, sessions_by_visitor
from tests.support.commands import run_json, run_program

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]

SITE = "logs"


@pytest.fixture(scope="module")
def first(line):
    return run_json(line, "import", str(LOG), "--site", SITE, "--json")


@pytest.fixture(scope="module")
def ask(line, first):
    return partial(commands.ask, line)


def everything(ask):
    events = ask(f"SELECT event_id, kind, session_id, event_time FROM events WHERE site = '{SITE}' ORDER BY event_id")
    sessions = ask(f"SELECT * EXCEPT (customer_id) FROM sessions WHERE site = '{SITE}' ORDER BY session_id")
    rejected = ask(f"SELECT count(), uniqExact(event_id) FROM rejected WHERE site = '{SITE}'")
    return events, sessions, rejected


def test_the_table_says_what_became_of_every_line(first):
    found, _ = counted(SITE)
    assert first["read"] == found["lines"]
    assert first["accepted"] == found["page_view"] + found["click"]
    assert sum(first["skipped"].values()) == found["skipped"]
    assert sum(first["rejected"].values()) == found["unreadable"]
    assert first["already_there"] == first["repeated"] == 0


def test_page_views_and_downloads_are_those_of_the_log(ask):
    found, _ = counted(SITE)
    assert dict(ask(f"SELECT kind, toUInt32(count()) FROM events WHERE site = '{SITE}' GROUP BY kind")) == {
        "page_view": found["page_view"],
        "click": found["click"],
    }


def test_visitors_are_those_of_the_log(ask):
    _, times = counted(SITE)
    assert {row[0] for row in ask(f"SELECT DISTINCT visitor_id FROM events WHERE site = '{SITE}'")} == times.keys()


def test_events_keep_their_original_times_and_are_history(ask):
    _, times = counted(SITE)
    rows = ask(f"SELECT visitor_id, toUnixTimestamp(event_time), historical FROM events WHERE site = '{SITE}'")
    stored = defaultdict(list)
    for visitor, moment, historical in rows:
        stored[visitor].append(float(moment))
        assert historical
    assert {visitor: sorted(moments) for visitor, moments in stored.items()} == times


def test_sessions_are_those_of_a_thirty_minute_gap(ask):
    rows = ask(
        f"SELECT visitor_id, toUnixTimestamp(started_at), toUnixTimestamp(ended_at), events, closed FROM sessions WHERE site = '{SITE}'"
    )
    assert sorted((row[0], float(row[1]), float(row[2]), row[3]) for row in rows) == sessions_by_visitor(SITE)
    assert all(row[4] for row in rows)


def test_every_event_belongs_to_a_stored_session_of_its_visitor(ask):
    sql = (
        f"SELECT count() FROM events AS e LEFT ANY JOIN sessions AS s ON e.session_id = s.session_id AND e.visitor_id = s.visitor_id "
        f"WHERE e.site = '{SITE}' AND (s.session_id = '' OR e.event_time < s.started_at OR e.event_time > s.ended_at)"
    )
    assert [[int(count)] for [count] in ask(sql)] == [[0]]


def test_pages_addresses_and_browsers_are_read(ask):
    [[paths, hosts, odd, browsers]] = ask(
        f"SELECT uniqExact(url_path), uniqExact(url_host), countIf(url_path NOT LIKE '/%'), uniqExact(browser) FROM events WHERE site = '{SITE}'"
    )
    assert int(paths) > 100
    assert int(hosts) == 1
    assert int(odd) == 0
    assert int(browsers) > 3


def test_a_second_import_changes_nothing(line, first, ask):
    before = everything(ask)
    second = run_json(line, "import", str(LOG), "--site", SITE, "--json")
    assert (second["read"], second["accepted"], second["already_there"]) == (first["read"], 0, first["accepted"])
    assert (second["skipped"], second["rejected"]) == (first["skipped"], first["rejected"])
    assert everything(ask) == before


def test_a_site_without_a_key_is_refused_with_what_to_do(line):
    done = run_program(line, "import", str(LOG), "--site", "nobody")
    assert done.returncode == 1
    assert "FOOTPRINT_WRITE_KEYS" in done.stderr

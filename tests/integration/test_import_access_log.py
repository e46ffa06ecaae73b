"""`footprint import` of a real log through a real line, against a count that shares no code with the product."""

import gzip
import hashlib
import re
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.commands import run_json, run_program

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]

LOG = Path(__file__).parent.parent / "data" / "access-sample.log.gz"
SITE = "logs"
FIELDS = re.compile(r'^(\S+) \S+ \S+ \[([^\]]+)\] "([^"]*)" (\d+) \S+ "[^"]*" "([^"]*)"$')
ASSETS = r"(css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|[ot]tf|eot|mp[34]|webm|ogg|txt|xml|json|rss|atom|csv)"
DOWNLOADS = r"(pdf|zip|t?gz|tar|bz2|xz|7z|rar|exe|dmg|pkg|deb|rpm|iso|(doc|xls|ppt)x?|epub)"


def counted():
    """Count the log by hand: page views, downloads, visitors, sessions, and lines that are neither."""
    found = {"page_view": 0, "click": 0, "lines": 0, "skipped": 0, "unreadable": 0}
    times = defaultdict(list)
    for line in gzip.decompress(LOG.read_bytes()).decode("latin-1").removesuffix("\n").split("\n"):
        found["lines"] += 1
        match = FIELDS.match(line)
        request = match[3].split(" ") if match else []
        if len(request) not in (2, 3):
            found["unreadable"] += 1
            continue
        name = request[1].split("#")[0].split("?")[0].split("/")[-1]
        extension = name.split(".")[-1].lower() if "." in name else ""
        good = request[0] == "GET" and (match[4].startswith("2") or match[4] == "304") and not re.fullmatch(ASSETS, extension)
        if not good:
            found["skipped"] += 1
            continue
        found["click" if re.fullmatch(DOWNLOADS, extension) else "page_view"] += 1
        visitor = hashlib.sha256(f"{SITE}\n{match[1]}\n{match[5]}".encode("latin-1")).hexdigest()[:16]
        times[f"log-{visitor}"].append(datetime.strptime(match[2], "%d/%b/%Y:%H:%M:%S %z").timestamp())
    return found, {visitor: sorted(moments) for visitor, moments in times.items()}


def sessions_of(moments, gap_s=1800, longest_s=86_400):
    sessions = []
    for moment in moments:
        if sessions and moment - sessions[-1][-1] <= gap_s and moment - sessions[-1][0] <= longest_s:
            sessions[-1].append(moment)
        else:
            sessions.append([moment])
    return [(session[0], session[-1], len(session)) for session in sessions]


@pytest.fixture(scope="module")
def first(line):
    return run_json(line, "import", str(LOG), "--site", SITE, "--json")


@pytest.fixture(scope="module")
def ask(line, first):
    def rows(sql):
        return run_json(line, "sql", "--all", "--format", "JSONCompact", sql)["data"]

    return rows


def everything(ask):
    events = ask(f"SELECT event_id, kind, session_id, event_time FROM events WHERE site = '{SITE}' ORDER BY event_id")
    sessions = ask(f"SELECT * EXCEPT (customer_id) FROM sessions WHERE site = '{SITE}' ORDER BY session_id")
    rejected = ask(f"SELECT count(), uniqExact(event_id) FROM rejected WHERE site = '{SITE}'")
    return events, sessions, rejected


def test_the_table_says_what_became_of_every_line(first):
    found, _ = counted()
    assert first["read"] == found["lines"]
    assert first["accepted"] == found["page_view"] + found["click"]
    assert sum(first["skipped"].values()) == found["skipped"]
    assert sum(first["rejected"].values()) == found["unreadable"]
    assert first["already_there"] == first["repeated"] == 0


def test_page_views_and_downloads_are_those_of_the_log(ask):
    found, _ = counted()
    assert dict(ask(f"SELECT kind, toUInt32(count()) FROM events WHERE site = '{SITE}' GROUP BY kind")) == {
        "page_view": found["page_view"],
        "click": found["click"],
    }


def test_visitors_are_those_of_the_log(ask):
    _, times = counted()
    assert {row[0] for row in ask(f"SELECT DISTINCT visitor_id FROM events WHERE site = '{SITE}'")} == times.keys()


def test_events_keep_their_original_times_and_are_history(ask):
    _, times = counted()
    rows = ask(f"SELECT visitor_id, toUnixTimestamp(event_time), historical FROM events WHERE site = '{SITE}'")
    stored = defaultdict(list)
    for visitor, moment, historical in rows:
        stored[visitor].append(float(moment))
        assert historical
    assert {visitor: sorted(moments) for visitor, moments in stored.items()} == times


def test_sessions_are_those_of_a_thirty_minute_gap(ask):
    _, times = counted()
    rows = ask(
        f"SELECT visitor_id, toUnixTimestamp(started_at), toUnixTimestamp(ended_at), events, closed FROM sessions WHERE site = '{SITE}'"
    )
    expected = sorted((visitor, *session) for visitor, moments in times.items() for session in sessions_of(moments))
    assert sorted((row[0], float(row[1]), float(row[2]), row[3]) for row in rows) == expected
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

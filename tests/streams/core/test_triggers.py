"""Triggers over days, in any order, against a direct evaluation."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import dumps, loads
from schemas.errors import Misconfigured
from schemas.topics import SIGNALS
from streams.core import subjects
from streams.core.triggers import read_triggers
from tests.streams.core.running import MODELS, Agent

T0 = 1_790_000_000_000
MINUTE = 60_000
TRIGGERS = """
version: t1
triggers:
  price:
    when: {kind: [page_view], path: "/pricing*"}
    count: 3
    within: 60m
    min_gap: 5m
    cooldown: 2h
"""
RULES = subjects.read_rules(scores=(MODELS / "scores.yaml").read_text(), triggers=TRIGGERS, partitions=1)


def view(number, minute, visitor="v1", *, received=None, **fields):
    at = T0 + minute * MINUTE
    return {
        "event_id": f"e{number}",
        "site": "demo",
        "visitor_id": visitor,
        "customer_id": "c1",
        "kind": "page_view",
        "url_path": "/pricing",
        "event_time": at,
        "received_at": T0 + (minute if received is None else received) * MINUTE,
        "sent_at": at,
        "ts_source": "client",
        "skew_ms": 0,
        **fields,
    }


def run(views, rules=RULES):
    agent, found = Agent(subjects, rules), []
    for one in views:
        found += [loads(record.value) for record in agent.absorb(dumps(one)).records if record.topic is SIGNALS]
    return found


def standing(signals):
    last = {signal["signal_id"]: signal for signal in sorted(signals, key=lambda signal: signal["revision"])}
    return {signal["event_id"] for signal in last.values() if signal["status"] != "withdrawn"}


def directly(views):
    """The third counted view within an hour fires; then silence for two hours and until the hour holds less than three."""
    times, last, fired, found = [], None, None, set()
    for one in sorted(views, key=lambda one: (one["event_time"], one["event_id"])):
        at = one["event_time"]
        if last and last[1] == one["visitor_id"] and at - last[0] < 5 * MINUTE:
            continue
        last = (at, one["visitor_id"])
        before = [earlier for earlier in times if at - earlier <= 60 * MINUTE]
        times.append(at)
        armed = fired is None or (at - fired >= 120 * MINUTE and len(before) < 3)
        if armed and len(before) >= 2:
            fired = at
            found.add(one["event_id"])
    return found


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_the_signals_that_stand_do_not_depend_on_the_order(data):
    minutes = data.draw(st.lists(st.integers(0, 720), min_size=1, max_size=40))
    views = [view(number, minute, data.draw(st.sampled_from(["v1", "v1", "v2"])), received=720) for number, minute in enumerate(minutes)]
    assert standing(run(data.draw(st.permutations(views)))) == directly(views)


def test_a_late_view_moves_the_count_and_the_old_signal_is_withdrawn():
    signals = run([view(1, 0), view(2, 10), view(3, 20), view(0, 5, received=21)])
    assert [(signal["event_id"], signal["status"], signal["revision"]) for signal in signals] == [
        ("e3", "fired", 1),
        ("e3", "withdrawn", 2),
        ("e2", "suppressed_cooldown", 1),
    ]


def test_a_signal_known_an_hour_late_is_suppressed():
    views = [view(1, 0), view(2, 10), view(3, 20, received=81)]
    assert [signal["status"] for signal in run(views)] == ["suppressed_late"]


def test_views_within_the_least_gap_count_once_but_another_device_counts():
    assert run([view(number, number) for number in range(5)]) == []
    assert len(run([view(1, 0), view(2, 1, "v2"), view(3, 2, "v1")])) == 1


def test_machines_and_history_never_signal():
    views = [view(number, number * 10) for number in range(3)]
    assert run([one | {"traffic": "bot", "traffic_reasons": ["crawler"]} for one in views]) == []
    assert run([one | {"historical": True} for one in views]) == []


def test_a_signal_id_is_the_hash_of_site_trigger_version_and_event():
    (signal,) = run([view(number, number * 10) for number in range(3)])
    assert signal["signal_id"] == hashlib.sha256(b"demo\0price\0t1\0e2").hexdigest()[:32]
    assert signal["payload"] == {"url_path": "/pricing", "count": 3, "within_s": 3600}


def test_old_matches_are_folded_and_the_cooldown_is_remembered():
    week = "count: 3\n    within: 60m\n    min_gap: 5m\n    cooldown: 30d"
    text = TRIGGERS.replace("count: 3\n    within: 60m\n    min_gap: 5m\n    cooldown: 2h", week)
    rules = subjects.read_rules(scores=(MODELS / "scores.yaml").read_text(), triggers=text, partitions=1)
    day = 24 * 60
    views = [view(100 * n + k, n * 5 * day + k * 10) for n in range(4) for k in range(3)]
    assert [signal["event_id"] for signal in run(views, rules)] == ["e2"]
    agent = Agent(subjects, rules)
    for one in views:
        agent.absorb(dumps(one))
    (value,) = [value for _, value in agent.values.items()]
    assert len(value["triggers"]["price"]["matches"]) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("count: 3", "count: 0"), "count"),
        (("60m", "an hour"), "30m"),
        (("cooldown", "cool_down"), "cool_down"),
        (("page_view", "pageview"), "kind"),
        (("version: t1", "version: ["), "not valid YAML"),
    ],
)
def test_a_wrong_file_is_refused_with_what_to_change(change, message):
    with pytest.raises(Misconfigured, match=message):
        read_triggers(TRIGGERS.replace(*change), "triggers.yaml")

"""Scores computed from all events at once are those that were computed as they came."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.core.base import Base
from streams.core.decay import total_at
from streams.core.history import base_of, live_state
from streams.core.totals import LABELS
from tests.streams.core.logs import MINUTE, T0, UNTIL, logs
from tests.streams.core.running import RULES
from tests.streams.core.test_any_order import GAP, SPAN, run
from tests.streams.core.test_visitors import live

RUNS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
DAY = 86_400_000
HALF_LIFE = RULES.model.scores["engagement"].half_life_ms


def stored(line):
    """Events as the store resolves them: whose they are now, and the label of their session where it is worse."""
    links = {one["visitor_id"]: one["customer_id"] for one in line.tracked if one.get("control") == "link"}
    membership, sessions = line.membership(), line.sessions()
    for one in line.tracked:
        if not one.get("control"):
            session = membership[one["event_id"]]
            label = sessions[session]["traffic"] if session else "human"
            worst = max(one.get("traffic", "human"), label, key=LABELS.index)
            customer = links.get(one.get("visitor_id", ""), one.get("customer_id", ""))
            yield one | {"customer_id": customer, "session_id": session, "traffic": worst}


def by_subject(events):
    found = {}
    for one in events:
        found.setdefault(f"c:{one['customer_id']}" if one["customer_id"] else f"v:{one['visitor_id']}", []).append(one)
    return found


def values(state, at):
    found = {name: total_at(parts.values(), at, RULES.model.scores[name].half_life_ms) for name, parts in state.get("scores", {}).items()}
    return {name: value for name, value in found.items() if abs(value) > 1e-9}


@RUNS
@given(st.data())
def test_live_scores_are_found_again_from_stored_events_in_any_order(data):
    log = [sent | {"webdriver": False} for sent in data.draw(logs(span_ms=SPAN, step_ms=GAP // 2))]
    line = run([log])
    if any(session["traffic"] != "human" for session in line.sessions().values()):
        return  # the rebuild frees the slots that a machine's session holds
    found = {}
    for subject, events in by_subject(data.draw(st.permutations(list(stored(line))))).items():
        found |= {(subject, name): value for name, value in values(live_state("demo", subject, events, RULES), UNTIL).items()}
    assert found == pytest.approx(line.scores(UNTIL), abs=1e-9)


def test_the_slots_of_a_machines_session_are_free():
    events = [tracked(f"e{n}", n * MINUTE, traffic="suspect" if n < 2 else "human", url_path="/pricing") for n in range(3)]
    state = live_state("demo", "v:v1", events, RULES)
    assert state["scores"]["engagement"]["price_page"] == [8.0, T0 + 2 * MINUTE]


def tracked(event_id, at, kind="page_view", **fields):
    sent = live(event_id, at, kind)
    return {name: sent[name] for name in ("event_id", "site", "visitor_id", "kind", "received_at")} | {"event_time": T0 + at, **fields}


def old(event_id, at, kind="page_view", **fields):
    return tracked(event_id, at, kind, received_at=T0 + 90 * DAY, historical=True, **fields)


def test_history_and_live_events_are_kept_apart():
    events = [tracked("a", 0, "purchase"), old("b", -DAY, "form_submit")]
    assert set(live_state("demo", "v:v1", events, RULES)["scores"]["engagement"]) == {"purchase"}
    assert set(base_of("demo", "v:v1", events, RULES, now_ms=T0).parts["engagement"]) == {"form_submit"}


@RUNS
@given(st.permutations(range(12)))
def test_caps_hold_within_history_however_long_ago_it_was(numbers):
    events = [old(f"e{n}", (n // 4) * DAY + n % 4, url_path="/pricing") for n in numbers]
    base = base_of("demo", "v:v1", events, RULES, now_ms=T0 + 3 * DAY)
    day = T0 // DAY * DAY
    counted = sorted(event["event_time"] for event in events)
    windows = {}
    for at in counted:
        windows.setdefault((at - day) // DAY, []).append(at)
    expected = sum(8 * 2 ** ((at - T0) / HALF_LIFE) for times in windows.values() for at in times[:2])
    part = base.parts["engagement"]["price_page"]
    assert part[0] * 2 ** ((part[1] - T0) / HALF_LIFE) == pytest.approx(expected, abs=1e-9)


def test_a_base_leaves_out_stages_what_traits_earn_and_what_is_worth_nothing_any_more():
    events = [old("a", 0, "purchase"), old("b", 1, "identify", traits={"company": "Acme", "colour": "red"})]
    base = base_of("demo", "c:anna", events, RULES, now_ms=T0)
    assert base == Base(RULES.model.version, {"engagement": {"purchase": [40.0, T0]}}, {"company": [[T0 + 1, "", 0, "b"], "Acme"]})
    assert base_of("demo", "c:anna", events, RULES, now_ms=T0 + 500 * DAY).parts == {}
    assert base_of("demo", "c:anna", [], RULES, now_ms=T0) == Base(RULES.model.version)

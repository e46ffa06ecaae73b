"""What a customer wants to hear of: the latest choice about each topic, whatever the order in which choices come."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import loads
from schemas.topics import PREFERENCES
from streams.core.forgetting import forget_line
from streams.core.preferences import MAX_TOPICS
from tests.streams.core.logs import MINUTE, UNTIL, event
from tests.streams.core.running import Line


def choice(event_id, at, topic="all", opt="out", *, visitor=None, customer="c1", **fields):
    props = {"channel": "email", "topic": topic, "opt": opt, "source": "page"}
    return event(event_id, at, "preference", visitor=visitor, customer_id=customer, props=props, **fields)


def heard(*records):
    """Return what stands on the topic at the end, by key, and the line."""
    line = Line()
    for record in records:
        line.send(*record)
        line.settle()
    line.finish(UNTIL)
    return published(line), line


def published(line):
    last = {record.key.decode(): record.value for record in line.records if record.topic is PREFERENCES}
    return {key: value and {(one["channel"], one["topic"]): one for one in loads(value)["choices"]} for key, value in last.items()}


def told(found, key="demo:c1"):
    return {topic: (one["opt"], one["source"]) for (_, topic), one in found[key].items()}


def link(event_id="i", at=5 * MINUTE, visitor="v1", customer="c1"):
    return event(event_id, at, "identify", visitor=visitor, customer_id=customer, traits={})


def test_the_latest_choice_about_each_topic_stands():
    found, _ = heard([choice("a", 2, "news", "in"), choice("b", 1, "news", "out"), choice("c", 1, "offers", "out")])
    assert told(found) == {"news": ("in", "page"), "offers": ("out", "page")}


def test_a_choice_about_all_ends_the_earlier_ones_about_topics():
    found, _ = heard([choice("a", 3, "news", "in"), choice("b", 1, "offers", "in")], [choice("c", 2)])
    assert told(found) == {"all": ("out", "page"), "news": ("in", "page")}


def test_of_two_choices_at_one_time_the_one_with_the_greater_id_stands():
    assert told(heard([choice("b", 1, opt="in"), choice("a", 1)])[0]) == {"all": ("in", "page")}


def test_what_providers_report_ends_everything_but_not_what_passes():
    def report(kind, customer, **props):
        return event(f"{kind}-{customer}", 1, kind, visitor=None, customer_id=customer, props=props)

    found, _ = heard(
        [
            report("email_bounce", "hard", bounce="hard"),
            report("email_bounce", "soft", bounce="soft"),
            report("email_complaint", "angry"),
            report("email_unsubscribe", "gone"),
            event("odd", 1, "preference", visitor=None, customer_id="odd", props={"opt": ["out"]}),
        ]
    )
    assert {key: told(found, key) for key in found} == {
        "demo:hard": {"all": ("out", "bounce")},
        "demo:angry": {"all": ("out", "complaint")},
        "demo:gone": {"all": ("out", "provider")},
    }


def test_history_and_machines_choose_too():
    found, _ = heard([choice("a", 1, historical=True)], [choice("b", 1, customer="c2", webdriver=True)])
    assert told(found, "demo:c1") == told(found, "demo:c2") == {"all": ("out", "page")}


def test_a_choice_follows_the_visitor_to_the_customer_before_and_after_the_link():
    found, _ = heard(
        [choice("a", 1, "news", "in", visitor="v1", customer=None)],
        [link()],
        [choice("b", 2, "offers", "out", visitor="v1", customer=None, historical=True)],
    )
    assert told(found) == {"news": ("in", "page"), "offers": ("out", "page")}
    assert found.keys() == {"demo:c1"}


def test_a_forgotten_customer_leaves_a_tombstone():
    _, line = heard([choice("a", 1)], [choice("b", 1, customer="c2")])
    out = line.visitors.absorb(forget_line("demo", customer_id="c1"))
    for (_, partition), lines in out.lines.items():
        line.queues[partition] += lines
    line.settle()
    found = published(line)
    assert found["demo:c1"] is None
    assert told(found, "demo:c2") == {"all": ("out", "page")}


def test_choices_are_bounded_and_the_one_about_all_stays():
    found, _ = heard([choice("all", 0), *(choice(f"e{number:03}", 1 + number, f"t{number}", "in") for number in range(MAX_TOPICS + 9))])
    assert len(found["demo:c1"]) == MAX_TOPICS
    assert ("email", "all") in found["demo:c1"]


topics = st.sampled_from(["all", "all", "news", "offers"])
owners = st.sampled_from([("v1", None), ("v1", "c1"), (None, "c1"), (None, "c2"), ("v2", None)])


@st.composite
def logs(draw):
    log = [link()]
    for number in range(draw(st.integers(1, 10))):
        visitor, customer = draw(owners)
        fields = draw(st.sampled_from([{}, {}, {"historical": True}, {"webdriver": True}]))
        at, opt = draw(st.integers(0, 3)), draw(st.sampled_from(["in", "out"]))
        log.append(choice(f"e{number}", at, draw(topics), opt, visitor=visitor, customer=customer, **fields))
    return log


def expected(log):
    """Return what stands in the end, from the log as a whole."""
    kept = {}
    for made in sorted((one for one in log if one["kind"] == "preference"), key=lambda one: (one["created_at"], one["event_id"])):
        owner = made.get("customer_id") or {"v1": "c1"}.get(made.get("visitor_id"))
        topic, opt = made["props"]["topic"], made["props"]["opt"]
        if owner:
            kept[owner] = {"all": opt} if topic == "all" else kept.get(owner, {}) | {topic: opt}
    return kept


@settings(max_examples=60, deadline=None)
@given(st.data(), logs())
def test_any_order_comes_to_the_same(data, log):
    arriving = data.draw(st.permutations([*log, *data.draw(st.lists(st.sampled_from(log), max_size=3))]))
    size = data.draw(st.integers(1, 5))
    found, _ = heard(*(arriving[start : start + size] for start in range(0, len(arriving), size)))
    assert {key.removeprefix("demo:"): {topic: opt for topic, (opt, _) in told(found, key).items()} for key in found} == expected(log)

"""Profiles and memberships do not depend on the order of facts, on how often they come, or on when timers run."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import loads
from schemas.profiles import Profile, ProfileFact
from schemas.segments import Membership, PublishedSegments
from schemas.topics import PROFILE_FACTS, PROFILES, SEGMENT_DEFINITIONS, SEGMENTS
from streams.core.decay import falls_below
from streams.core.gathering import Gathering, of_preferences, of_scores, of_tracked
from streams.core.work import Arrival, Work
from tests.streams.core.profiling import DAY, START, Partition, fact, score, warm

HALF_LIFE = 14 * DAY
CHOICE = {"channel": "email", "topic": "all", "opt": "out", "source": "page", "at": START, "event_id": "e"}


@pytest.fixture
def partition():
    found = Partition()
    found.publish(warm())
    return found


def test_a_profile_has_what_the_facts_say(partition):
    interests = score(9.0, name="interests", reasons=[{"rule": "shoes", "points": 7.0}, {"rule": "hats", "points": 2.0}])
    partition.hear(score(), interests, fact("preferences", [CHOICE]), fact("consent", {"choice": "granted", "at": START}))
    told = partition.last()["demo:c:c1"]
    assert Profile.model_validate(told).customer_id == "c1"
    assert (told["stage"], told["consent"]["choice"], told["preferences"]) == ("intent", "granted", [CHOICE])
    assert [one["category"] for one in told["interests"]] == ["shoes", "hats"]
    assert told["segments"] == {"warm": START}


def test_what_is_published_is_what_the_schemas_say(partition):
    partition.hear(score())
    for topic, schema in ((PROFILES, Profile), (SEGMENTS, Membership), (SEGMENT_DEFINITIONS, PublishedSegments)):
        assert [schema.model_validate(value) for value in partition.last(topic).values()]


def test_a_score_that_decays_leaves_its_segment_at_the_moment_it_falls(partition):
    partition.hear(score(100.0))
    falls = falls_below(100.0, START, 50, HALF_LIFE)
    partition.tick(falls - 1)
    assert partition.moves() == [("in", START)]
    partition.tick(falls + 3 * DAY)  # however late the timer runs
    assert partition.moves() == [("in", START), ("out", falls)]
    assert partition.last()["demo:c:c1"]["segments"] == {}


def test_a_fact_that_comes_after_the_moment_finds_what_time_has_brought_before_it(partition):
    partition.hear(score(100.0))
    falls = falls_below(100.0, START, 50, HALF_LIFE)
    partition.hear(score(90.0, at=falls + DAY, version=2))
    assert partition.moves() == [("in", START), ("out", falls), ("in", falls + DAY)]


def test_silence_brings_somebody_into_a_segment_by_itself(partition):
    partition.hear(score(100.0))
    partition.tick(START + 40 * DAY)
    assert partition.moves("lost") == [("in", START + 30 * DAY)]


def test_while_there_is_more_to_read_timers_go_no_further_than_what_was_read(partition):
    partition.hear(score(100.0))
    partition.tick(START + 100 * DAY, behind=True)
    assert partition.moves() == [("in", START)]


def test_a_new_version_judges_everybody_once_as_of_its_publication(partition):
    partition.hear(*[score(60.0 + number) | {"subject": f"c:{number}"} for number in range(300)])
    partition.publish(warm("two", least=200), at=START + 5)
    assert partition.moves().count(("out", START + 5)) == 300
    before = len(partition.records)
    partition.tick(START + 10)
    assert len(partition.records) == before
    assert partition.published() == ["one", "two"]


def test_a_segment_that_a_new_version_leaves_out_is_left_by_its_members(partition):
    partition.hear(score())
    partition.publish("version: two\nsegments:\n  others: {all: [{stage: purchase}]}\n", at=START + 5)
    assert partition.moves() == [("in", START), ("out", START + 5)]
    assert partition.last(SEGMENTS)["demo:warm:c:c1"]["why"] == ["version two has no such segment"]


@pytest.mark.parametrize("text", [warm("one", least=1), "version: two\nsegments: {}\nmore: 1\n", "nothing"])
def test_a_version_with_other_content_and_what_is_none_are_refused(partition, text):
    partition.publish(text)
    assert len(partition.refused()) == 1
    assert partition.published() == ["one"]


def test_publishing_the_same_again_changes_nothing(partition):
    partition.hear(score())
    before = len(partition.records)
    partition.publish(warm(), at=START + 7)
    assert len(partition.records) == before


def test_an_earlier_version_cannot_come_back(partition):
    partition.publish(warm("two", least=10))
    partition.publish(warm())
    assert "before" in partition.refused()[0]


def test_a_visitor_who_becomes_a_customer_leaves_nothing_and_takes_consent_along(partition):
    visitor = {"subject": "v:v1"}
    partition.hear(score() | visitor, fact("consent", {"choice": "granted", "at": START}) | visitor)
    partition.hear(fact("linked", "c9", at=START + 1, subject="v:v1"), score() | visitor | {"value": None, "at": START + 2})
    assert partition.last() == {"demo:v:v1": None}
    assert partition.moves()[-1] is None
    (moved,) = partition.lines
    assert ProfileFact.model_validate(moved).subject == "c:c9"
    partition.hear(moved)
    assert partition.last()["demo:c:c9"]["consent"]["choice"] == "granted"


def test_who_is_forgotten_is_gone_from_state_and_topics_also_when_a_late_score_comes_between(partition):
    partition.hear(score(), fact("preferences", [CHOICE]))
    partition.tick(START + 60 * DAY)
    partition.hear(fact("forgotten", at=START + 60 * DAY))
    partition.hear(score(at=START + 60 * DAY))
    partition.hear(score(at=START + 60 * DAY) | {"value": None})
    assert set(partition.last().values()) == {None}
    assert set(partition.last(SEGMENTS).values()) == {None}
    assert partition.state.get("demo\0c:c1") is None


def test_sites_do_not_share_segments(partition):
    partition.hear(score() | {"site": "other"})
    assert partition.moves() == []


FACTS = st.lists(
    st.one_of(
        st.builds(
            lambda raw, name, day: score(raw, at=START + day * DAY, name=name),
            st.floats(1, 100),
            st.sampled_from(["engagement", "fit"]),
            st.integers(0, 60),
        ),
        st.builds(lambda day: fact("consent", {"choice": f"{day}", "at": START + day * DAY}, at=START + day * DAY), st.integers(0, 60)),
    ),
    min_size=1,
    max_size=8,
)


def ordered(facts):
    """Facts in order of arrival, each score with its place in the one order of its subject."""
    found = sorted(facts, key=lambda one: one["at"])
    return [one | {"value": one["value"] | {"version": place}} if one["fact"] == "score" else one for place, one in enumerate(found)]


@settings(max_examples=60, deadline=None)
@given(FACTS, st.data())
def test_timers_come_to_what_no_timer_would_come_to(facts, data):
    end = START + 200 * DAY
    ticked, still = Partition(), Partition()
    for one in (ticked, still):
        one.publish(warm())
    for fact_ in ordered(facts):
        for _ in range(data.draw(st.integers(0, 2))):
            ticked.tick(fact_["at"] - data.draw(st.integers(1, DAY)))
        ticked.hear(fact_)
        still.hear(fact_)
    ticked.tick(end - 90 * DAY)
    for one in (ticked, still):
        one.tick(end)
    assert ticked.moves() == still.moves()
    assert ticked.moves("lost") == still.moves("lost")


@settings(max_examples=40, deadline=None)
@given(FACTS, st.data())
def test_a_new_process_goes_on_as_the_old_one_would_have(facts, data):
    one = other = Partition()
    other.publish(warm())
    for fact_ in ordered(facts):
        if data.draw(st.booleans()):
            again = one.restarted()
            again.records, again.lines = one.records, one.lines
            one = again
        one.hear(fact_)
    whole = Partition()
    whole.publish(warm())
    for fact_ in ordered(facts):
        whole.hear(fact_)
    assert one.last() == whole.last()
    assert one.last(SEGMENTS) == whole.last(SEGMENTS)


@settings(max_examples=60, deadline=None)
@given(
    st.permutations(
        [
            score(80.0),
            score(20.0, name="fit", version=2),
            fact("preferences", [CHOICE]),
            fact("consent", {"choice": "granted", "at": START}),
        ]
    )
)
def test_the_order_of_facts_of_different_kinds_does_not_matter(facts):
    partition = Partition()
    partition.publish(warm())
    for one in facts:
        partition.hear(one)
    told = partition.last()["demo:c:c1"]
    assert told["segments"] == {"warm": START}
    assert (sorted(told["scores"]), told["stage"], len(told["preferences"])) == (["engagement", "fit"], "intent", 1)


def gathered(core, value, *, key=b"", partition=0, partitions=1):
    work = Work(Partition().state, {})
    core(value, work, rules=Gathering(partitions), arrival=Arrival(at=START, key=key, partition=partition))
    return [ProfileFact.model_validate(loads(line)).model_dump() for lines in work.out.lines.values() for line in lines]


def test_scores_and_their_tombstones_become_facts_of_whom_they_belong_to():
    (told,) = gathered(of_scores, b"", key=b"demo:v:a:b:engagement")
    assert (told["subject"], told["name"], told["value"]) == ("v:a:b", "engagement", None)


def test_what_stands_where_its_key_was_before_the_topic_grew_says_nothing():
    wrong = next(number for number in (0, 1) if gathered(of_scores, b"", key=b"demo:c:c1:fit", partition=number, partitions=2))
    assert gathered(of_scores, b"", key=b"demo:c:c1:fit", partition=1 - wrong, partitions=2) == []
    assert gathered(of_preferences, b"", key=b"demo:c1", partition=0) != []


def test_of_tracked_events_only_consent_links_and_erasures_become_facts():
    lines = [
        b'{"site":"demo","kind":"page_view","visitor_id":"v1","props":{"note":"\\"kind\\":\\"consent\\""}}',
        b'{"site":"demo","kind":"consent","visitor_id":"v1","consent":"granted","event_time":5}',
        b'{"site":"demo","kind":"consent","consent":"denied","event_time":5}',
        b'{"control":"link","customer_id":"c1","site":"demo","visitor_id":"v1"}',
        b'{"control":"forget","site":"demo","visitor_id":"","customer_id":"c1"}',
    ]
    told = [(one["fact"], one["subject"], one["value"]) for one in gathered(of_tracked, b"\n".join(lines))]
    assert told == [("consent", "v:v1", {"choice": "granted", "at": 5}), ("linked", "v:v1", "c1"), ("forgotten", "c:c1", None)]
    assert PROFILE_FACTS.record == "ndjson"

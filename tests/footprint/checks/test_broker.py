import pytest

from footprint import topics
from footprint.checks.broker import KafkaFacts, TopicFacts, judged_copies, judged_retention
from schemas.errors import Misconfigured
from schemas.topics import EVENTS, SCORES


def facts(**changes):
    found = {name: dict(wanted) for name, wanted in topics.wanted().items()}
    for name, change in changes.pop("configuration", {}).items():
        found[name] |= change
    replicas, in_step = changes.get("replicas", (1, 1)), changes.get("in_step")
    told = {name: TopicFacts(replicas, in_step or replicas, configuration) for name, configuration in found.items()}
    return KafkaFacts(changes.get("brokers", 1), told)


def test_one_broker_keeps_one_copy():
    assert judged_copies(facts()) == "1 of each record, on 1 broker, all in step"


def test_a_copy_that_is_not_in_step_is_missing():
    with pytest.raises(Misconfigured, match=r"footprint\.events\.v1 \(2 of 3\).*Start the broker"):
        judged_copies(facts(brokers=3, replicas=(3, 3), in_step=(3, 2)))


def test_several_brokers_and_one_copy_lose_what_one_of_them_loses():
    with pytest.raises(Misconfigured, match="3 brokers and one copy"):
        judged_copies(facts(brokers=3))


def test_a_200_must_not_stand_on_one_broker_only():
    one = {EVENTS.name: {"min.insync.replicas": "1"}}
    with pytest.raises(Misconfigured, match=r"footprint\.events\.v1: .*Set it to 2"):
        judged_copies(facts(brokers=3, replicas=(3, 3), configuration=one))
    two = {name: {"min.insync.replicas": "2"} for name in topics.wanted()}
    assert "3 of each record, on 3 brokers" in judged_copies(facts(brokers=3, replicas=(3, 3), configuration=two))


def test_the_days_that_topics_keep_are_told_together():
    assert judged_retention(facts().topics) == (
        "events, tracked 7 days; sessions, score-changes, signals, rejected, tasks, deliveries, audit 30 days; profile-facts 2 days; the others by their keys"
    )


def test_a_compacted_topic_must_not_expire():
    with pytest.raises(Misconfigured, match=r"footprint\.scores\.v1 has cleanup\.policy=delete, it needs compact"):
        judged_retention(facts(configuration={SCORES.name: {"cleanup.policy": "delete"}}).topics)


@pytest.mark.parametrize(("kept", "well"), [("3600000", False), ("86400000", True), ("-1", True)])
def test_a_topic_is_kept_for_a_day_at_least(kept, well):
    found = facts(configuration={EVENTS.name: {"retention.ms": kept}}).topics
    if well:
        assert ("events 1 days" if kept != "-1" else "events for ever") in judged_retention(found)
    else:
        with pytest.raises(Misconfigured, match=r"1\.0 h only"):
            judged_retention(found)

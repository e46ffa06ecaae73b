"""The topics are created once, and checked at every start."""

import pytest

from footprint import topics
from footprint.local.ports import free_port
from footprint.settings import Settings
from schemas.connections import KafkaConnection
from schemas.errors import Misconfigured, Retryable
from schemas.topics import PUBLIC, SCORES, STATE
from tests.support.servers import LocalKafka, running

FOUR = Settings(partitions=4)


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """A Kafka of this module's own: the names of the topics are fixed."""
    with running(LocalKafka(tmp_path_factory.mktemp("kafka"))) as server:
        yield server.connection


def test_compacted_and_state_topics_are_compacted_and_the_others_expire():
    wanted = topics.wanted()
    compacted = {name for name, configuration in wanted.items() if configuration["cleanup.policy"] == "compact"}
    assert compacted == {topic.name for topic in PUBLIC if topic.compacted} | {topic.name for topic in STATE}
    assert SCORES.name in compacted
    assert all(int(configuration["retention.ms"]) > 0 for name, configuration in wanted.items() if name not in compacted)


@pytest.mark.kafka
async def test_missing_topics_stop_a_start_until_they_are_created_once(broker):
    with pytest.raises(Misconfigured, match=r"Run: footprint topics create"):
        await topics.check(broker, FOUR)
    assert await topics.create(broker, FOUR) == sorted(topics.wanted())
    await topics.check(broker, FOUR)
    assert await topics.create(broker, FOUR) == []
    assert set((await topics.partitions(broker)).values()) == {4}
    with pytest.raises(Misconfigured, match=r"has 4 partitions.*FOOTPRINT_PARTITIONS=4"):
        await topics.check(broker, Settings(partitions=8))


async def test_a_broker_that_is_away_is_worth_trying_again():
    with pytest.raises(Retryable, match="does not answer"):
        await topics.check(KafkaConnection(f"127.0.0.1:{free_port()}"), FOUR)

"""`kill -9` of the profiles under load: each entry and exit is published once, and the profiles are those of a process that nobody killed."""

import asyncio
import time
from collections import defaultdict

import pytest
from aiokafka import AIOKafkaProducer

from schemas.codec import dumps, key_partition, loads
from schemas.topics import PROFILE_FACTS, PROFILES, SCORES, SEGMENTS
from streams.core.segment_book import segments_line
from tests.streams.conftest import PARTITIONS
from tests.support.waiting import eventually

pytestmark = pytest.mark.kafka

SITE = "profiled"
SEGMENTS_TEXT = 'version: "1"\nsegments: {warm: {all: [{score: engagement, at_least: 50}]}}\n'
VALUES = (80.0, 10.0, 60.0)
CUSTOMERS = [f"c{number}" for number in range(120)]


def record(customer, value, version):
    now = time.time_ns() // 1_000_000
    fields = {"site": SITE, "subject": f"c:{customer}", "customer_id": customer, "score": "engagement", "value": value, "raw_value": value}
    fields |= {"floor": 0, "ceiling": 100, "band": "1", "stage": "intent", "model_version": "1", "half_life_s": 0, "reasons": []}
    return f"{SITE}:c:{customer}:engagement".encode(), dumps(fields | {"updated_at": now, "version": version})


async def send_scores(bootstrap, version):
    """Write what the streams would: one record of each customer's score."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    await producer.start()
    try:
        for customer in CUSTOMERS:
            key, value = record(customer, VALUES[version], version + 1)
            await producer.send_and_wait(SCORES.name, value, key=key, partition=key_partition(key, PARTITIONS))
    finally:
        await producer.stop()


async def come(topics, version):
    """Return once the first profile of a version is published, most of them being under way."""
    async with asyncio.timeout(60):
        while not await topics.values(PROFILES, site=SITE, version=version):  # noqa: ASYNC110 - a topic has no event
            await asyncio.sleep(0.05)


async def test_every_entry_and_exit_is_told_once_whatever_is_killed(stream_topics, start_streams):
    lines = {number: segments_line(SITE, SEGMENTS_TEXT, partition=number, at=1) for number in range(PARTITIONS)}
    await stream_topics.send_raw(lines, topic=PROFILE_FACTS)
    running = start_streams("profiles")
    eventually(lambda: running.ready()["ready"], 60)
    for version in range(len(VALUES)):
        sending = asyncio.create_task(send_scores(stream_topics.bootstrap, version))
        if version == 1:
            await come(stream_topics, version + 1)
            running.kill()
            running = start_streams("profiles")
        await sending
    running.until_done()
    assert running.stop() == 0

    moves = defaultdict(list)
    for one in await stream_topics.read(SEGMENTS):
        if one.key.startswith(f"{SITE}:".encode()):
            moves[one.key.decode()].append(loads(one.value)["state"])
    assert dict(moves) == {f"{SITE}:warm:c:{customer}": ["in", "out", "in"] for customer in CUSTOMERS}
    last = {one["customer_id"]: one for one in await stream_topics.values(PROFILES, site=SITE)}
    assert {name: one["scores"]["engagement"]["raw_value"] for name, one in last.items()} == dict.fromkeys(CUSTOMERS, 60.0)
    assert {one["version"] for one in last.values()} <= {1, 2, 3}  # what comes in one transaction is published once

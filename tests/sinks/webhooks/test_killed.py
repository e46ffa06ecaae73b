"""Webhooks on a real Kafka: receivers that fail, hang and recover, and a process that is killed. No alert is lost."""

import json
import subprocess
import sys
import uuid
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.sinks.webhooks.signals_made import a_signal
from tests.support.receiver import Receiver
from tests.support.waiting import eventually

pytestmark = pytest.mark.kafka

PROCESS = Path(__file__).with_name("webhook_process.py")
ROOT = Path(__file__).parents[3]


@pytest.fixture
async def order(kafka):
    """A topic of signals and one of rejected records, of this test's own."""
    name = f"t{uuid.uuid4().hex[:8]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(f"{name}.signals", 2, 1), NewTopic(f"{name}.rejected", 1, 1)])
    await admin.close()
    return {"kafka": asdict(kafka), "signals": f"{name}.signals", "rejected": f"{name}.rejected"}


async def publish(kafka, order, numbers):
    """Publish signals as the streams do: in transactions, some of which are aborted."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=order["signals"])
    await producer.start()
    try:
        async with producer.transaction():
            for number in numbers:
                await producer.send(order["signals"], json.dumps(a_signal(number)).encode(), partition=number % 2)
        await producer.begin_transaction()
        await producer.send(order["signals"], json.dumps(a_signal(f"aborted-{numbers[0]}")).encode(), partition=0)
        await producer.abort_transaction()
    finally:
        await producer.stop()


@contextmanager
def started(order, log):
    """A running process; left running, it is killed."""
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, str(PROCESS), json.dumps(order)], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=sink
        )
    try:
        assert process.stdout.readline() == b"ready\n", log.read_text()[-2000:]
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def left_over(kafka, order, name):
    """Records that a group has not committed, beside the markers of transactions."""
    tps = [TopicPartition(order["signals"], number) for number in range(2)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap,
        group_id=f"{order['signals']}-{name}",
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        consumer.assign(tps)
        assert all([await consumer.committed(tp) is not None for tp in tps])
        return sum(len(records) for records in (await consumer.getmany(timeout_ms=500)).values())
    finally:
        await consumer.stop()


async def test_none_is_lost_and_each_keeps_its_id_although_the_process_is_killed_and_receivers_fail(kafka, order, tmp_path):
    log, everyone = tmp_path / "webhooks.log", {f"s{number}" for number in range(90)}
    await publish(kafka, order, [1_000])  # before the addresses were configured: nobody is told
    with Receiver() as receiver:
        receiver.behave["/sick"] = [500] * 12 + ["hang"] * 5 + [429, 503]
        order["addresses"] = {"well": receiver.url("/well"), "sick": receiver.url("/sick")}
        with started(order, log) as process:
            await publish(kafka, order, range(60))
            eventually(lambda: len(set(receiver.ids("/well"))) >= 60)
            eventually(lambda: len(receiver.calls) > 80)
            process.kill()
        receiver.released.set()
        await publish(kafka, order, range(60, 90))  # while nobody reads
        with started(order, log) as process:
            eventually(lambda: receiver.accepted["/sick"] == receiver.accepted["/well"] == everyone)
            process.terminate()
            assert process.wait(15) == 0
    for path in ("/well", "/sick"):
        bodies = {}
        for call in (call for call in receiver.calls if call.path == path):
            bodies.setdefault(call.headers["webhook-id"], set()).add(call.body)
        assert bodies.keys() == everyone
        assert {len(found) for found in bodies.values()} == {1}
    assert max(Counter(receiver.ids("/well")).values()) <= 2  # once again at most, for what was answered but not committed
    assert [await left_over(kafka, order, name) for name in ("well", "sick")] == [0, 0]

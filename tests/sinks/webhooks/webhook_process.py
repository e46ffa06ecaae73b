"""Webhooks as a process of its own, on topics of a test: `python webhook_process.py JSON`. SIGTERM ends it."""

import asyncio
import json
import signal
import sys

from prometheus_client import CollectorRegistry

from schemas.connections import KafkaConnection
from sinks.kafka import KafkaSource, RejectedTopic
from sinks.webhooks.core.alerts import Address
from sinks.webhooks.core.retrying import Retrying
from sinks.webhooks.courier import Courier
from sinks.webhooks.http import HttpCaller
from sinks.webhooks.lane import Lane
from sinks.webhooks.metrics import WebhookMetrics


async def main(order):
    kafka, stop, metrics = KafkaConnection(**order["kafka"]), asyncio.Event(), WebhookMetrics(CollectorRegistry())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    caller, rejected = HttpCaller(call_s=1.0), RejectedTopic(kafka, topic=order["rejected"])
    await rejected.start()
    lanes, sources = [], []
    for name, url in order["addresses"].items():
        source = KafkaSource(kafka, [order["signals"]], group=f"{order['signals']}-{name}", session_ms=1_000, begin="latest")
        await source.start()
        sources.append(source)
        address = Address(name, url, (b"k" * 24,))
        retrying = Retrying(first_s=0.05, longest_s=0.2)
        lanes.append(Lane(address, source, Courier(address, caller, rejected, metrics, retrying=retrying)))
    tasks = [asyncio.create_task(lane.run(stop)) for lane in lanes]
    while not stop.is_set() and any(lane.lag() is None for lane in lanes):  # noqa: ASYNC110 - lanes tell nobody
        await asyncio.sleep(0.02)
    print("ready", flush=True)  # noqa: T201 - the test waits for it
    await asyncio.gather(*tasks)
    for source in sources:
        await source.stop()
    await rejected.stop()
    await caller.stop()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))

"""The yardstick N: Faust as its guide shows it, JSON codec, a table write and a send per event: `... BOOTSTRAP SOURCE EVENTS`.

It is measured to the delivery of the last record, outputs and the table's changelog. Nothing is tuned, neither up nor down: with
web server, log level and redirected output as they are by default it costs the same; with `faust.Record` in place of dictionaries
a sixth more.
"""

import json
import logging
import os
import sys
import time

import faust

bootstrap, source, total = sys.argv[1], sys.argv[2], int(sys.argv[3])
app = faust.App(
    "bench-naive",
    broker=f"kafka://{bootstrap}",
    store="memory://",
    topic_partitions=4,
    web_enabled=False,
    worker_redirect_stdouts=False,
    consumer_auto_offset_reset="earliest",
)
events = app.topic(source, value_serializer="json")
counted = app.topic("bench.naive.counted", value_serializer="json")
counts = app.Table("counts", default=int)
started: list[tuple[float, float]] = []
seen = 0


@app.agent(events)
async def count(stream):
    """Count the events of a visitor."""
    global seen  # noqa: PLW0603
    async for key, event in stream.items():
        counts[event["v"]] += 1
        await counted.send(key=key, value=event | {"c": counts[event["v"]]})
        seen += 1
        if seen == total // 10:
            started.append((time.process_time(), time.monotonic()))
        if seen == total:
            await delivered()
            cpu, wall = time.process_time() - started[0][0], time.monotonic() - started[0][1]
            sys.stdout.write(json.dumps({"us": cpu * 1e6 / (total - total // 10), "rate": (total - total // 10) / wall}) + "\n")
            sys.stdout.flush()
            os._exit(0)


async def delivered():
    """Wait for everything that was sent: the table's changelog waits in a buffer of Faust's, before that of aiokafka."""
    while app.producer.buffer.size:
        await app.producer.buffer.flush()
    await app.producer.flush()


if __name__ == "__main__":
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    from faust.worker import Worker

    sys.argv[1:] = []
    Worker(app, loglevel="WARN").execute_from_commandline()

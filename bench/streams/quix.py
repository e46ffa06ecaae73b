"""The yardstick Q: a stateful apply of Quix Streams, at-least-once, in an environment of its own: `... BOOTSTRAP SOURCE EVENTS`."""

import json
import os
import sys
import tempfile
import time

from quixstreams import Application

bootstrap, source, total = sys.argv[1], sys.argv[2], int(sys.argv[3])
started: list[tuple[float, float]] = []
seen = 0


def count(event, state):
    """Count the events of a visitor."""
    global seen  # noqa: PLW0603
    number = state.get("n", 0) + 1
    state.set("n", number)
    event["c"] = number
    seen += 1
    if seen == total // 10:
        started.append((time.process_time(), time.monotonic()))
    if seen == total:
        cpu, wall = time.process_time() - started[0][0], time.monotonic() - started[0][1]
        sys.stdout.write(json.dumps({"us": cpu * 1e6 / (total - total // 10), "rate": (total - total // 10) / wall}) + "\n")
        sys.stdout.flush()
        os._exit(0)
    return event


with tempfile.TemporaryDirectory() as folder:
    app = Application(
        broker_address=bootstrap, consumer_group="bench-quix", auto_offset_reset="earliest", state_dir=folder, loglevel="ERROR"
    )
    frame = app.dataframe(app.topic(source, value_deserializer="json", key_deserializer="str"))
    frame = frame.apply(count, stateful=True)
    frame.to_topic(app.topic("bench.quix.counted", value_serializer="json", key_serializer="str"))
    app.run()

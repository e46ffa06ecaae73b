"""Follow the scores of everybody: prints one JSON line for each score that is new, changed or gone.

    python consume_scores.py BOOTSTRAP [SITE]

`footprint.scores.v1` is compacted: it holds the last record of every score. Reading it from its beginning gives the whole table,
so this reader keeps no offsets; it reads the table, then follows it. Needs `pip install aiokafka`.
"""

import asyncio
import json
import sys
import time

from aiokafka import AIOKafkaConsumer

TOPIC = "footprint.scores.v1"


def value_now(score, now_ms):
    """A score decays until its next record: half of it is gone after each half-life."""
    raw = score["raw_value"]
    if score["half_life_s"]:
        raw *= 2 ** -(max(0, now_ms - score["updated_at"]) / 1000 / score["half_life_s"])
    shown = min(score["ceiling"], max(score["floor"], raw))
    return 0.0 if abs(shown) < 0.01 else shown


async def follow(bootstrap, site):
    consumer = AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",  # the topic is written in transactions: without this, aborted ones show
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    table = {}
    await consumer.start()
    try:
        async for record in consumer:
            key = record.key.decode()
            if site and not key.startswith(f"{site}:"):
                continue
            if record.value is None:  # merged into a customer, or forgotten
                if table.pop(key, None):
                    print(json.dumps({"key": key, "gone": True}), flush=True)
                continue
            score = json.loads(record.value)
            table[key] = score
            now = {"key": key, "value": round(value_now(score, time.time() * 1000), 2), "band": score["band"], "version": score["version"]}
            print(json.dumps(now), flush=True)
    finally:
        await consumer.stop()


if __name__ == "__main__":
    asyncio.run(follow(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""))

"""What flows while the sink is killed: every topic it stores, in transactions, some of them taken back, with rows that no table takes."""

import asyncio
import random
from dataclasses import dataclass, field

from aiokafka import AIOKafkaProducer

from schemas.codec import dumps, join_lines
from tests.sinks.rows import NOW, change, event, identity, rejected, score, session, signal

PARTITIONS = 3
VISITORS = 60
KINDS = ("page_view", "page_view", "page_view", "engagement", "click", "purchase", "identify", "preference")
PATHS = ("/", "/pricing", "/products", "/contact")
POISON = (b'{"site":"demo","event_id":"bad","props":1}', b"no json", b'{"site":"demo","event_id":"bad","value":"x"}')


@dataclass(slots=True)
class Flood:
    """Makes records, always the same for a seed, and writes them until it is told to stop."""

    chance: random.Random
    number: int = 0
    kept: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("events", "poison", "sessions", "transactions", "taken back"), 0))

    async def run(self, producer: AIOKafkaProducer, prefix: str, stop: asyncio.Event) -> None:
        """Write one transaction after another."""
        while not stop.is_set():
            keep = self.chance.random() > 0.1
            before = dict(self.kept)
            await producer.begin_transaction()
            await self._write(producer, prefix)
            if keep:
                await producer.commit_transaction()
                self.kept["transactions"] += 1
            else:
                await producer.abort_transaction()
                self.kept = before | {"taken back": before["taken back"] + 1}
            await asyncio.sleep(self.chance.uniform(0.05, 0.3))

    async def _write(self, producer: AIOKafkaProducer, prefix: str) -> None:
        for partition in range(PARTITIONS):
            lines = [self._line() for _ in range(self.chance.randint(1, 40))]
            await producer.send(f"{prefix}.footprint.tracked.v1", join_lines(lines), partition=partition)
        for topic, row, key in self._records():
            sent = {name: value for name, value in row.items() if name not in ("kafka_partition", "kafka_offset")}
            partition = sum(key.encode()) % PARTITIONS
            await producer.send(f"{prefix}.footprint.{topic}.v1", dumps(sent), key=key.encode(), partition=partition)
        if self.chance.random() < 0.2:
            gone = f"demo:v:v{self.chance.randrange(VISITORS)}:engagement"
            await producer.send(f"{prefix}.footprint.scores.v1", None, key=gone.encode(), partition=sum(gone.encode()) % PARTITIONS)

    def _line(self) -> bytes:
        self.number += 1
        if self.chance.random() < 0.001:
            self.kept["poison"] += 1
            return self.chance.choice(POISON)
        self.kept["events"] += 1
        visitor, kind = self.chance.randrange(VISITORS), self.chance.choice(KINDS)
        number = self.number if self.chance.random() > 0.01 else self.chance.randrange(self.number)  # now and then one that was before
        when = NOW + number * 600_000
        own = {"value": float(number % 90), "currency": "EUR"} if kind == "purchase" else {}
        own |= {"engaged_ms": number % 5000} if kind == "engagement" else {}
        own |= {"historical": True} if number % 50 == 0 else {}
        own |= {
            "props": {"n": number, "topic": "news", "opt": "in"},
            "url_path": PATHS[number % 4],
            "session_id": f"s{visitor}-{number // 3000}",
        }
        who = {"visitor_id": f"v{visitor}"} | ({"customer_id": f"c{visitor}"} if visitor % 4 == 0 else {})
        return dumps(event(f"e{number}", kind=kind, event_time=when, received_at=when + self.chance.randrange(5000), **who, **own))

    def _records(self):
        for _ in range(self.chance.randint(1, 6)):
            yield self._session()
        visitor, step = self.chance.randrange(VISITORS), self.number
        yield "scores", score(f"v:v{visitor}", float(step % 70), half_life_s=0.0, updated_at=NOW + step), f"demo:v:v{visitor}:engagement"
        yield "score-changes", change(f"v:v{visitor}", "views", 1.0, event_time=NOW + step), f"demo:v:v{visitor}"
        yield "signals", signal(f"g{step % 500}", revision=step, subject=f"v:v{visitor}"), f"demo:v:v{visitor}"
        yield "identities", identity(f"v{visitor}", f"c{step % 9}"), f"demo:v{visitor}"
        yield "rejected", rejected(received_at=NOW + step, original=f"{{{step}}}"), "demo"

    def _session(self):
        self.kept["sessions"] += 1
        visitor, part = self.chance.randrange(VISITORS), self.number // 3000
        state = self.chance.choice(("goes on", "goes on", "merged", "labelled", "joined"))
        own = {
            "goes on": {"events": self.number % 90},
            "merged": {"status": "superseded", "superseded_by": f"s{visitor}-{max(0, part - 1)}"},
            "labelled": {"traffic": "suspect", "traffic_reasons": ["rate"], "relabelled": True},
            "joined": {"joined": [f"e{self.chance.randrange(self.number)}"]},
        }[state]
        when = {"started_at": NOW + part * 10**9, "ended_at": NOW + part * 10**9 + 1000}
        version = self.kept["sessions"]  # no two records of a session have the same one
        row = session(
            f"s{visitor}-{part}", visitor_id=f"v{visitor}", version=version, utm_campaign=f"u{visitor % 5}", value=1.0, **when, **own
        )
        return "sessions", row, f"demo:v{visitor}"

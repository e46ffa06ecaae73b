"""Streams workers and their broker killed, frozen and restarted under load: the topics and the state equal an undisturbed run's."""

import asyncio
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.report import Report
from schemas.topics import EVENTS, IDENTITIES, REJECTED, SCORE_CHANGES, SCORES, SESSIONS, SIGNALS, SUBJECTS_STATE, TRACKED, VISITORS_STATE
from streams.core.layout import read
from tests.chaos.streams_expected import differences, folds
from tests.chaos.streams_feed import Feeder
from tests.chaos.streams_rig import Rig
from tests.collector.broker import PARTITIONS
from tests.support.servers import in_own_loop

SESSION_S = 20
EVENTS_TOTAL = 150_000
RATE = 260.0
ROUNDS = 3
MARKER = b"__marker"


@dataclass
class Scene:
    """What a fault can reach."""

    rig: Rig
    feeder: Feeder
    turn: int = 0
    giants: int = 6_000
    ghosts: int = 60_000


async def kill(scene: Scene) -> None:
    scene.rig.workers[scene.turn % 2].send(signal.SIGKILL)


async def roll_two(scene: Scene) -> None:
    for worker in scene.rig.workers[:2]:
        code = await worker.stop()
        assert code == 0, f"a worker ended with {code} when asked to stop"
        await scene.rig.until_well()


async def roll_three(scene: Scene) -> None:
    third = scene.rig.add_worker()
    await scene.rig.until_well()
    for worker in scene.rig.workers:
        await worker.stop()
        await asyncio.sleep(1)
    await scene.rig.until_well()
    await scene.rig.remove_worker(third)


async def freeze(scene: Scene) -> None:
    worker = scene.rig.workers[scene.turn % 2]
    worker.send(signal.SIGSTOP)
    await asyncio.sleep(SESSION_S + 2)
    worker.send(signal.SIGCONT)


async def kill_broker(scene: Scene) -> None:
    scene.rig.broker.kill()
    await asyncio.to_thread(scene.rig.broker.start)


async def freeze_broker(scene: Scene) -> None:
    await asyncio.to_thread(scene.rig.broker.freeze)
    await asyncio.sleep(8)
    scene.rig.broker.thaw()


async def restart_broker(scene: Scene) -> None:
    await asyncio.to_thread(scene.rig.broker.stop)
    await asyncio.to_thread(scene.rig.broker.start)


async def poison(scene: Scene) -> None:
    await scene.feeder.feed_poison()


async def giant(scene: Scene) -> None:
    await scene.feeder.feed_giant(scene.turn, scene.giants)


async def big_changelog(scene: Scene) -> None:
    await scene.feeder.grow_changelog(scene.turn, scene.ghosts)
    for worker in scene.rig.workers:
        worker.send(signal.SIGKILL)


Fault = Callable[[Scene], Awaitable[None]]
FAULTS: dict[str, Fault] = {
    "kill -9 a worker": kill,
    "rolling restart of two workers": roll_two,
    "rolling restart of three workers, the third comes and goes": roll_three,
    "freeze a worker for longer than the session": freeze,
    "kill -9 Kafka, start it again": kill_broker,
    "freeze Kafka for 8 s": freeze_broker,
    "stop Kafka, start it again": restart_broker,
    "poison records": poison,
    "a state record out of all proportion": giant,
    "a big changelog, and kill -9 of both workers": big_changelog,
}
SHORT = ("poison records", "a state record out of all proportion", "rolling restart of two workers", "kill -9 a worker")


@dataclass
class Verdict:
    """What came of a run. Only `wrong` decides; the rest is for the table."""

    events: int = 0
    rounds: list[tuple[str, float, float]] = field(default_factory=list)
    exits: Counter[int] = field(default_factory=Counter)
    sizes: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


async def torment(folder: Path, faults: list[str], *, events: int, rate: float, **scale: int) -> Verdict:
    """Run the faults one after another under load, then compare."""
    rig, verdict = Rig(folder), Verdict()
    try:
        await rig.start(2)
        feeder = Feeder(rig.broker.connection.bootstrap, rate, events)
        feeding = asyncio.create_task(feeder.run())
        for turn, name in enumerate(faults):
            verdict.rounds.append(await _round(name, Scene(rig, feeder, turn, **scale)))
        feeder.stop()
        await feeding
        await rig.until_well(absorbed=True)
        verdict.exits = rig.exits()
        codes = await rig.stop_workers()
        verdict.wrong += [f"a worker ended with {code} at last" for code in codes if code]
        await asyncio.to_thread(_compare, rig, feeder, verdict)
    finally:
        rig.end()
    return verdict


async def _round(name: str, scene: Scene) -> tuple[str, float, float]:
    began = time.monotonic()
    await FAULTS[name](scene)
    took = time.monotonic() - began
    return name, took, await scene.rig.until_well()


def _compare(rig: Rig, feeder: Feeder, verdict: Verdict) -> None:
    topics = (SESSIONS, SCORES, SCORE_CHANGES, SIGNALS, IDENTITIES, REJECTED)
    events, tracked = (_read(rig, topic) for topic in (EVENTS, TRACKED))
    found: dict[str, Any] = {"topics": {topic.name: _read(rig, topic) for topic in topics} | {"tracked": tracked}}
    for name, topic in (("visitors", VISITORS_STATE), ("subjects", SUBJECTS_STATE)):
        last = {record.key: record.value for record in _read(rig, topic)}
        found[name] = {key.decode(): read(value) for key, value in last.items() if value is not None and key != MARKER}
    verdict.events = sum(record.value.count(b"\n") + 1 for record in events)
    verdict.sizes = {"tracked records": len(tracked), "visitors": len(found["visitors"]), "subjects": len(found["subjects"])}
    verdict.sizes |= {topic.name.split(".")[1]: len(found["topics"][topic.name]) for topic in topics}
    verdict.wrong += differences(*folds(events, tracked), found, feeder.poison)


def _read(rig: Rig, topic: Any) -> list[Any]:
    return in_own_loop(_committed, rig, topic)


async def _committed(rig: Rig, topic: Any) -> list[Any]:
    from aiokafka import AIOKafkaConsumer, TopicPartition

    consumer = AIOKafkaConsumer(
        bootstrap_servers=rig.broker.connection.bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        tps = [TopicPartition(topic.name, number) for number in range(PARTITIONS)]
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        await consumer.seek_to_beginning(*tps)
        found: list[Any] = []
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(batch)
        return sorted(found, key=lambda record: (record.partition, record.offset))
    finally:
        await consumer.stop()


def run() -> bool:
    """Torment two workers with every fault, print and record; False when anything differs."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="footprint-chaos-") as folder:
        verdict = asyncio.run(torment(Path(folder), list(FAULTS) * ROUNDS, events=EVENTS_TOTAL, rate=RATE))
    report = Report("chaos-streams", ["fault", "times", "took, s", "until all were ready again, s"])
    for name in FAULTS:
        rounds = [(took, well) for known, took, well in verdict.rounds if known == name]
        columns = [", ".join(f"{one:.0f}" for one in column) for column in zip(*rounds, strict=True)]
        report.row(name, str(len(rounds)), *columns)
    report.note(f"{verdict.events:,} events in {time.monotonic() - began:.0f} s. Compared: {verdict.sizes}.")
    report.note(f"Workers that ended by themselves or were killed, by exit code: {dict(verdict.exits)}.")
    report.note("Differences from an undisturbed run: " + ("; ".join(verdict.wrong) or "none") + ".")
    report.finish()
    return not verdict.wrong

"""A collector and its broker killed and frozen under load, and what clients were told compared with what is on the topic."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.chaos.clients import Client, Ledger, stop
from tests.chaos.rig import Rig
from tests.collector.recording import eventually

SPOOL_BYTES = 1_000_000
"""So little that it fills while the broker is away: refusals are part of what is compared."""


async def kill_collector(rig: Rig) -> None:
    rig.kill_collector()
    rig.start_collector()


async def stop_collector(rig: Rig) -> None:
    code = await rig.stop_collector()
    rig.start_collector()
    assert code == 0, f"the collector ended with {code} when asked to stop"


async def kill_broker(rig: Rig) -> None:
    rig.broker.kill()
    await asyncio.sleep(2)
    await rig.start_broker()


async def freeze_broker(rig: Rig) -> None:
    await asyncio.to_thread(rig.broker.freeze)
    await asyncio.sleep(6)
    rig.broker.thaw()


async def kill_both(rig: Rig) -> None:
    """The collector dies while it spools, and starts while the broker is still away."""
    rig.broker.kill()
    await asyncio.sleep(1)
    await kill_collector(rig)
    await asyncio.sleep(2)
    await rig.start_broker()


async def kill_collector_of_frozen_broker(rig: Rig) -> None:
    """The collector dies with a flush under way that the broker finds in its socket when it wakes up."""
    await asyncio.to_thread(rig.broker.freeze)
    await asyncio.sleep(2.5)
    await kill_collector(rig)
    await asyncio.sleep(1)
    rig.broker.thaw()


async def kill_collector_that_ships(rig: Rig) -> None:
    """The collector dies just when the broker is back and the spool goes out."""
    rig.broker.kill()
    await asyncio.sleep(2)
    await rig.start_broker()
    await kill_collector(rig)


Fault = Callable[[Rig], Awaitable[None]]

FAULTS: dict[str, Fault] = {
    "kill -9 the collector": kill_collector,
    "kill -9 Kafka, start it again": kill_broker,
    "stop the collector (SIGTERM)": stop_collector,
    "freeze Kafka for 6 s": freeze_broker,
    "kill -9 Kafka, then the collector": kill_both,
    "freeze Kafka, kill -9 the collector": kill_collector_of_frozen_broker,
    "kill -9 the collector as it ships its spool": kill_collector_that_ships,
    "kill -9 the collector twice": lambda rig: _twice(kill_collector, rig),
}
SHORT = ("kill -9 the collector", "kill -9 Kafka, then the collector")


@dataclass
class Verdict:
    """What came of a run. Only `broken` decides; the rest is for the table."""

    ledger: Ledger
    stored: Counter[str]
    rounds: list[tuple[str, int, int, int, float]]
    broken: list[str]


async def torment(folder: Path, faults: list[str]) -> Verdict:
    """Run the faults one after another under load and compare what clients were told with what is on the topic."""
    rig, ledger = Rig(folder, FOOTPRINT_SPOOL_MAX_BYTES=str(SPOOL_BYTES)), Ledger()
    try:
        await rig.start()
        await eventually(lambda: _ready(rig), 60)
        async with httpx2.AsyncClient(base_url=rig.address, timeout=30) as http:
            clients = [Client(http, ledger, number=number, patient=number % 4 != 0) for number in range(8)]
            tasks = [asyncio.create_task(client.run()) for client in clients]
            rounds = [await _round(name, rig, ledger) for name in faults]
            await stop(clients, tasks)
        await eventually(lambda: _shipped(rig), 90)
        events = await rig.read()
    finally:
        rig.end()
    stored = Counter(event["event_id"] for event in events)
    return Verdict(ledger, stored, rounds, broken_promises(ledger, stored, events))


async def _round(name: str, rig: Rig, ledger: Ledger) -> tuple[str, int, int, int, float]:
    """One fault, and everything well again: the next one comes into a line that works."""
    before = len(ledger.answered), ledger.refusals, ledger.cuts
    ledger.longest_s, started = 0.0, time.monotonic()
    await FAULTS[name](rig)
    took = time.monotonic() - started
    count = len(ledger.answered)
    await eventually(lambda: _ready(rig), 60)
    await eventually(lambda: _more_than(ledger, count + 100), 60)
    await eventually(lambda: _shipped_once(rig), 60)
    after = len(ledger.answered), ledger.refusals, ledger.cuts
    return (f"{name} ({took:.0f} s)", *(new - old for new, old in zip(after, before, strict=True)), ledger.longest_s)


def broken_promises(ledger: Ledger, stored: Counter[str], events: list[dict[str, object]]) -> list[str]:
    found = stored.keys()
    patient = {event for event in ledger.sent if event.startswith("p")}
    promises = {
        "answered 200 and not stored": ledger.answered - found,
        "sent, and neither stored nor refused nor cut off": ledger.sent - found - ledger.refused - ledger.cut,
        "sent until answered 200, and not stored": patient - found,
        "stored and never sent": found - ledger.sent,
        "answered otherwise than promised": set(ledger.wrong),
        "first stored out of its visitor's order": _out_of_order(events),
    }
    return [f"{len(ids)} {what}: {', '.join(sorted(ids)[:3])}" for what, ids in promises.items() if ids]


def _out_of_order(events: list[dict[str, object]]) -> set[str]:
    """Return the events that are on the topic for the first time behind a later one of their visitor."""
    last: dict[object, str] = {}
    seen: set[str] = set()
    late: set[str] = set()
    for event in events:
        number = str(event["event_id"])
        if number in seen:
            continue
        seen.add(number)
        if number < last.get(event["visitor_id"], ""):
            late.add(number)
        last[event["visitor_id"]] = max(number, last.get(event["visitor_id"], ""))
    return late


async def _ready(rig: Rig) -> bool:
    return bool((await rig.status()).get("ready"))


async def _shipped(rig: Rig) -> bool:
    return (await rig.status()).get("lag") == 0


async def _shipped_once(rig: Rig) -> bool:
    return (await rig.status()).get("checks", {}).get("kafka") == "ok"


async def _more_than(ledger: Ledger, count: int) -> bool:
    return len(ledger.answered) > count


async def _twice(fault: Fault, rig: Rig) -> None:
    await fault(rig)
    await fault(rig)

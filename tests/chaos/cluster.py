"""A cluster under load while each of its parts is killed, restarted, lost, added and removed: nothing lost, nothing doubled.

Three brokers, two collectors, three streams workers, two sinks, one store. Clients send again until they are answered 200. At the end
every answered event is in `events` once; the tables equal those that one undisturbed sink makes of the same topics, and the topics
and states equal those that undisturbed streams make of the same events. How long until events are visible again in normal time
is measured; it decides nothing.
"""

import asyncio
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from bench.report import Report
from footprint.local.ports import LOOPBACK
from tests.chaos.cluster_faults import Fault, faults
from tests.chaos.cluster_load import TIMEOUT_S, Balancer, Ledger, Load, by_site, last_messages
from tests.chaos.cluster_probes import Probes, back_after, percentile, scored_s, stored_s
from tests.chaos.cluster_rig import Rig
from tests.chaos.cluster_verdict import Verdict, judge, judge_streams

RATE = 300.0
CALM_S = 20.0
QUIET_S = 5.0
LONGEST_S = 90.0
"""Waited for the latency after a fault; it is a figure, no promise. Parts that are not ready by then and for long after end the run."""

MUST_S = 30.0
ROLL = "roll"
"""How the names of faults begin that are a row of steps, each of which waits until all is well: they count from the last one's end."""


@dataclass(frozen=True, slots=True)
class Round:
    """One fault: how long it took, and from its beginning (of a roll: its end) until all was normal again; the slowest event from
    its 200 to the topic of scores and into the store, the longest wait for a 200, and how many requests were tried again. Seconds."""

    name: str
    took: float
    back: float
    scored: float
    stored: float
    waited: float
    retries: int

    def cells(self) -> tuple[str, ...]:
        """Return the row of the report."""
        figures = (f"{self.took:.0f}", *(f"{one:.1f}" for one in (self.back, self.scored, self.stored, self.waited)))
        return (self.name, *figures, str(self.retries))


@dataclass
class Run:
    """What was seen: the normal latency (median and 95 % to each of the two places, and the limit of what is normal), and all rounds."""

    scored: tuple[float, float] = (0.0, 0.0)
    stored: tuple[float, float] = (0.0, 0.0)
    limit: float = 0.0
    rounds: list[Round] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    exits: str = ""


async def torment(folder: Path, chosen: dict[str, Fault], *, rate: float = RATE) -> tuple[Run, Verdict]:
    """Run the faults one after another under load, and judge what was kept."""
    rig, run = Rig(folder), Run()
    try:
        await rig.start()
        await _under_load(rig, run, chosen, rate)
        verdict, inputs, found = await judge(rig, run.ledger)
    finally:
        rig.end()
    await judge_streams(verdict, folder / "undisturbed", inputs, found)
    return run, verdict


async def _under_load(rig: Rig, run: Run, chosen: dict[str, Fault], rate: float) -> None:
    addresses = [f"http://{LOOPBACK}:{one.port}" for one in rig.collectors]
    async with httpx2.AsyncClient(timeout=TIMEOUT_S) as http:
        balancer = Balancer(http, addresses, run.ledger)
        load, probes = Load(balancer, run.ledger, rate=rate), Probes(balancer, rig.brokers.connection, rig.client)
        loading, probing = asyncio.create_task(load.run()), asyncio.create_task(probes.run())
        try:
            await _calm(run, probes)
            for name, fault in chosen.items():
                run.rounds.append(await _round(rig, run, name, fault, probes))
        finally:
            load.stop()
            await loading
            await probes.settle()
            probing.cancel()
            with suppress(asyncio.CancelledError):
                await probing
        for site, batch in by_site(last_messages()).items():
            await balancer.deliver(site, batch)
    await _finish(rig, run)


async def _calm(run: Run, probes: Probes) -> None:
    """Learn the latency before anything happens, and what is taken for normal from here on."""
    await asyncio.sleep(CALM_S)
    found = probes.all[len(probes.all) // 4 :]  # without those that met cold programs
    run.scored, run.stored = ((percentile(times, 0.5), percentile(times, 0.95)) for times in (scored_s(found), stored_s(found)))
    run.limit = 2 * max(run.scored[1], run.stored[1]) + 0.5


async def _round(rig: Rig, run: Run, name: str, fault: Fault, probes: Probes) -> Round:
    """One fault, and everything normal again: the next one comes into a cluster that works."""
    began, retries = time.monotonic(), run.ledger.retries
    run.ledger.longest_s = 0.0
    await fault(rig)
    ended = time.monotonic()
    await _until_normal(rig, probes, run.limit, since=began)
    back = back_after(probes.all, ended if name.startswith(ROLL) else began, normal=run.limit, now=time.monotonic())
    met = [probe for probe in probes.all if probe.sent >= began - run.limit]
    slowest = max(scored_s(met), default=0.0), max(stored_s(met), default=0.0)
    done = Round(name, ended - began, back, *slowest, run.ledger.longest_s, run.ledger.retries - retries)
    sys.stderr.write(f"{', '.join(done.cells())}\n")
    return done


async def _until_normal(rig: Rig, probes: Probes, normal: float, *, since: float) -> None:
    until = time.monotonic() + LONGEST_S
    while time.monotonic() < until:
        if await _is_normal(rig, probes, normal, since=since):
            return
        await asyncio.sleep(0.5)
    await rig.until_well()


async def _is_normal(rig: Rig, probes: Probes, normal: float, *, since: float) -> bool:
    now = time.monotonic()
    lately = [probe for probe in probes.all if now - QUIET_S <= probe.sent <= now - normal]
    quiet = back_after(lately, since, normal=normal, now=now) == 0.0
    return quiet and now - since > QUIET_S and await rig.is_well()


async def _finish(rig: Rig, run: Run) -> None:
    """Have everything stored, the streams publish what they held back, and that stored too."""
    await rig.until_well(done=True)
    codes = await asyncio.gather(*[rig.remove(worker) for worker in rig.workers if not worker.away])
    await rig.until_well(done=True)
    codes += await asyncio.gather(*[rig.remove(part) for part in (*rig.collectors, *rig.sinks)])
    assert not any(codes), f"parts ended with {codes} when asked to stop: {rig.account()}"
    run.exits = ", ".join(f"{name}: {count}" for name, count in sorted(rig.exits().items()))


def run() -> bool:
    """Torment a cluster with every fault, print and record; False when an event was lost or doubled, or a row differs."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="footprint-cluster-") as folder:
        seen, verdict = asyncio.run(torment(Path(folder), faults()))
    report = _report(seen, verdict)
    report.note(f"\n{(time.monotonic() - began) / 60:.1f} min with the undisturbed passes.")
    report.note("Broken promises: " + ("; ".join(verdict.broken) or "none") + ".")
    report.finish()
    return not verdict.broken


def _report(seen: Run, verdict: Verdict) -> Report:
    columns = ["fault", "took, s", f"normal again after, s (must: {MUST_S:.0f})", "slowest 200 to topic, s", "slowest 200 to store, s"]
    report = Report("chaos-cluster", [*columns, "longest wait for a 200, s", "requests tried again"])
    for one in seen.rounds:
        report.row(*one.cells())
    (scored, scored_most), (stored, stored_most) = seen.scored, seen.stored
    report.note(
        f"Undisturbed, from a 200 to the topic of scores: median {scored:.2f} s, 95 % {scored_most:.2f} s; into the store: {stored:.2f} s, "
        f"{stored_most:.2f} s. Normal: up to {seen.limit:.2f} s. {len(seen.ledger.answered):,} events at {RATE:.0f}/s, all answered 200; "
        f"{seen.ledger.repeats} batches sent twice.\n"
    )
    report.note("Normal again: from the beginning of the fault; after a roll, whose steps wait for one another, from its end.\n")
    report.note("| topic | rows after all this | rows of the undisturbed run | that differ |\n|---|---|---|---|")
    for topic in verdict.topics:
        report.note("| {} | {} | {} | {} |".format(*topic))
    report.note("\n| table or view | rows of the undisturbed sink | differences |\n|---|---|---|")
    for one in verdict.tables:
        report.note(f"| {one.name} | {one.rows} | {len(one.differences)} |")
    report.note(f"\nParts ended: {seen.exits}.")
    return report

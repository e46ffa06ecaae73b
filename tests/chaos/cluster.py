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
from tests.chaos.cluster_probes import Probes, back_after, percentile
from tests.chaos.cluster_rig import Rig
from tests.chaos.cluster_verdict import Verdict, judge, judge_streams

RATE = 300.0
CALM_S = 20.0
QUIET_S = 5.0
LONGEST_S = 90.0
"""Waited for the latency after a fault; it is a figure, no promise. Parts that are not ready by then and for long after end the run."""

MUST_S = 30.0


@dataclass
class Run:
    """What was seen: the normal latency (median, 95 %, limit), and of each fault how long it took until all was normal again."""

    normal: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rounds: list[tuple[str, float, float, float, int]] = field(default_factory=list)
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
            run.normal = await _calm(probes)
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


async def _calm(probes: Probes) -> tuple[float, float, float]:
    """Return median and 95 % of the latency before anything happened, and what is taken for normal from here on."""
    await asyncio.sleep(CALM_S)
    now = time.monotonic()
    found = [probe.latency(now) for probe in probes.all[len(probes.all) // 4 :]]  # without those that met cold programs
    median, most = percentile(found, 0.5), percentile(found, 0.95)
    return median, most, 2 * most + 0.5


async def _round(rig: Rig, run: Run, name: str, fault: Fault, probes: Probes) -> tuple[str, float, float, float, int]:
    """One fault, and everything normal again: the next one comes into a cluster that works."""
    began, retries = time.monotonic(), run.ledger.retries
    run.ledger.longest_s = 0.0
    await fault(rig)
    took = time.monotonic() - began
    await _until_normal(rig, probes, run.normal[2], since=began)
    back = back_after(probes.all, began, normal=run.normal[2], now=time.monotonic())
    sys.stderr.write(f"{name}: {took:.1f} s, normal after {back:.1f} s, longest 200 {run.ledger.longest_s:.1f} s\n")
    return name, took, back, run.ledger.longest_s, run.ledger.retries - retries


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
    columns = ["fault", "took, s", f"normal again after, s (must: {MUST_S:.0f})", "longest wait for a 200, s", "requests tried again"]
    report = Report("chaos-cluster", columns)
    for name, took, back, longest, retries in seen.rounds:
        report.row(name, f"{took:.0f}", f"{back:.1f}", f"{longest:.1f}", str(retries))
    median, most, limit = seen.normal
    report.note(
        f"Latency from a 200 to the topic of scores and into the store, undisturbed: median {median:.2f} s, 95 % {most:.2f} s. Normal: up to "
        f"{limit:.2f} s. {len(seen.ledger.answered):,} events at {RATE:.0f}/s, all answered 200; {seen.ledger.repeats} batches sent twice.\n"
    )
    report.note("| topic | rows after all this | rows of the undisturbed run | that differ |\n|---|---|---|---|")
    for topic in verdict.topics:
        report.note("| {} | {} | {} | {} |".format(*topic))
    report.note("\n| table or view | rows of the undisturbed sink | differences |\n|---|---|---|")
    for one in verdict.tables:
        report.note(f"| {one.name} | {one.rows} | {len(one.differences)} |")
    report.note(f"\nParts ended: {seen.exits}.")
    return report

"""Both agents under load while workers and their broker are killed, frozen and replaced: the topics equal those of an undisturbed run.

Two workers, at least 150,000 events, and each fault of `streams_faults.py` three times. What is compared, and what is left out, is said
in `streams_compare.py`.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench.report import Report
from tests.chaos.streams_compare import differences, first_of, rows_of
from tests.chaos.streams_faults import FAULTS, Scene
from tests.chaos.streams_feed import Feeder
from tests.chaos.streams_replay import inputs_of, undisturbed
from tests.chaos.streams_rig import Rig

TIMES = 3
EVENTS = 150_000
RATE = 260


@dataclass
class Verdict:
    """What came of a run. Only `wrong` decides; the rest is for the tables."""

    events: int = 0
    rounds: list[tuple[str, float, float]] = field(default_factory=list)
    exits: Counter[int] = field(default_factory=Counter)
    peak_mb: int = 0
    topics: list[tuple[str, int, int, int]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


async def torment(folder, faults, *, events, rate, **scale):
    """Run the faults one after another under load, then the same input undisturbed, and compare everything that was written."""
    verdict = Verdict()
    found, inputs = await _tormented(folder, faults, verdict, events=events, rate=rate, scale=scale)
    wanted = await undisturbed(folder / "undisturbed", inputs)
    for topic, rows in found.items():
        different = differences(rows, wanted[topic])
        verdict.topics.append((topic, len(rows), len(wanted[topic]), len(different)))
        verdict.wrong += [f"{topic}: {one}" for one in first_of(different, rows, wanted[topic])]
    return verdict


async def _tormented(folder, faults, verdict, *, events, rate, scale):
    rig = Rig(folder)
    try:
        await rig.start(2)
        feeder = Feeder(rig.broker.connection.bootstrap, rate)
        feeding = asyncio.create_task(feeder.run())
        for turn, name in enumerate(faults):
            verdict.rounds.append(await _round(name, Scene(rig, feeder, turn, **scale)))
            verdict.peak_mb = max(verdict.peak_mb, *[worker.peak_mb() for worker in rig.workers])
        feeder.stop()
        await feeding
        await feeder.finish(events)
        await rig.until_well(absorbed=True)
        verdict.exits, verdict.events = rig.exits(), feeder.sent
        verdict.wrong += [f"a worker ended with {code} when asked to stop at last" for code in await rig.stop_workers() if code]
        return await rows_of(rig.broker), await inputs_of(rig.broker)
    finally:
        rig.end()


async def _round(name, scene):
    """One fault, and everything well again: the next one comes into a line that works."""
    began = time.monotonic()
    await FAULTS[name](scene)
    took = time.monotonic() - began
    return name, took, await scene.rig.until_well()


def run() -> bool:
    """Torment two workers for all rounds, print and record; False when a topic or a state differs."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="footprint-chaos-") as folder:
        verdict = asyncio.run(torment(Path(folder), [*FAULTS] * TIMES, events=EVENTS, rate=RATE))
    report = Report("chaos-streams", ["fault", "times", "took, s", "until all were ready again, s"])
    for name in FAULTS:
        rounds = [(took, well) for known, took, well in verdict.rounds if known == name]
        report.row(name, str(len(rounds)), *[", ".join(f"{one:.0f}" for one in column) for column in zip(*rounds, strict=True)])
    report.note(f"{verdict.events:,} events, two workers; {(time.monotonic() - began) / 60:.1f} min with the undisturbed run.")
    report.note(
        f"Workers that ended, by exit code (streams/faust_exact/exits.py): {dict(verdict.exits)}. The largest had {verdict.peak_mb} MB.\n"
    )
    report.note("| topic | rows after all this | rows of the undisturbed run | that differ |\n|---|---|---|---|")
    for topic in verdict.topics:
        report.note("| {} | {} | {} | {} |".format(*topic))
    report.note("\nBroken promises: " + ("rows differ, see above" if verdict.wrong else "none") + ".")
    report.finish()
    sys.stderr.writelines(f"{one}\n" for one in verdict.wrong)
    return not verdict.wrong

"""The collector under load while it and its broker are killed and frozen: what was answered 200 is there, and nothing is unaccounted for."""

import asyncio
import tempfile
from pathlib import Path

from bench.report import Report
from tests.chaos.torment import FAULTS, torment

ROUNDS = 24


def run() -> bool:
    """Torment a collector for all rounds, print and record; False when a promise is broken."""
    names = list(FAULTS)
    with tempfile.TemporaryDirectory() as folder:
        verdict = asyncio.run(torment(Path(folder), [names[number % len(names)] for number in range(ROUNDS)]))
    report = Report("chaos-collector", ["fault", "events answered 200", "requests refused (503)", "requests cut off", "longest answer, s"])
    for name, answered, refused, cut, longest in verdict.rounds:
        report.row(name, str(answered), str(refused), str(cut), f"{longest:.2f}")
    ledger, stored = verdict.ledger, verdict.stored
    report.note(
        f"{len(verdict.rounds)} rounds. Events sent: {len(ledger.sent)}; stored: {len(stored)}; not stored because refused for good: "
        f"{len(ledger.refused - stored.keys())}; cut off, never sent again and not stored: {len(ledger.cut - stored.keys())}; "
        f"stored more than once (streams drop them): {sum(count > 1 for count in stored.values())}."
    )
    report.note("Broken promises: " + ("; ".join(verdict.broken) or "none") + ".")
    report.finish()
    return not verdict.broken

"""`python -m tests.js_snippet.coverage`: run the browser tests over a build with counters; exit 1 below 95 % of the source's lines."""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.js_snippet.recording import ROOT

LEAST = 95.0
OF_THE_BUILD = "not at_most and not committed and not the_package and not on_a_server and not one_global"
"""Tests of the shipped bytes themselves say nothing about a build with counters."""


def main() -> int:
    """Build, test, and print each file's share and the lines that never ran."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node", "instrument.mjs", folder], cwd=ROOT / "js-snippet", check=True)
        environment = {**os.environ, "FOOTPRINT_SNIPPET_DIST": folder, "FOOTPRINT_SNIPPET_RAN": f"{folder}/ran"}
        command = [sys.executable, "-m", "pytest", "tests/js_snippet", "-q", "-k", OF_THE_BUILD, "-p", "no:cacheprovider"]
        failed = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        ran = defaultdict(set)
        for line in Path(f"{folder}/ran").read_text().splitlines():
            for file, numbers in json.loads(line):
                ran[file] |= set(numbers)
        lines = json.loads(Path(f"{folder}/lines.json").read_text())
    total = sum(map(len, lines.values()))
    covered = 0
    for file, numbers in sorted(lines.items()):
        missing = sorted(set(numbers) - ran[file])
        covered += len(numbers) - len(missing)
        sys.stdout.write(f"{file:16} {100 * (1 - len(missing) / len(numbers)):6.1f} %  {missing or ''}\n")
    share = 100 * covered / total
    sys.stdout.write(f"{'all':16} {share:6.1f} %\n")
    return 1 if failed or share < LEAST else 0


if __name__ == "__main__":
    raise SystemExit(main())

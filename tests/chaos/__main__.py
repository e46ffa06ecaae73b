"""`python -m tests.chaos PART`: break a part under load and compare; exit 1 when a promise is broken.

A part is a module of this folder with a function `run() -> bool`, which prints its table and writes it under bench/results/.
"""

import importlib
import logging
import sys
from pathlib import Path

NAMES = ("collector", "streams", "sinks", "cluster", "grow", "snippet", "console", "backup", "image")
"""All parts of the line. Those without a module here have no chaos run yet."""


def parts() -> list[str]:
    """Return the parts that can be run."""
    return [name for name in NAMES if Path(__file__).with_name(f"{name}.py").is_file()]


def main(arguments: list[str]) -> int:
    """Run the part named on the command line, or all."""
    part = arguments[0] if arguments else "all"
    if part not in (*parts(), "all"):
        what = "no chaos run yet" if part in NAMES else "no such part"
        sys.stderr.write(f"{part}: {what}. Run one of: {', '.join(parts())}, all.\n")
        return 2
    chosen = parts() if part == "all" else [part]
    kept = [importlib.import_module(f"tests.chaos.{name}").run() for name in chosen]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    for name in ("aiokafka", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # that brokers and the store do not answer is the point
    raise SystemExit(main(sys.argv[1:]))

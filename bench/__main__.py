"""`python -m bench PART`: measure a part, print its table, write it under bench/results/; exit 1 when a promise is broken."""

import sys

from bench import capacity, collector, console, mail, profiles, snippet, soak, store, streams, tasks, tracing

PARTS = {
    "collector": collector.run,
    "snippet": snippet.run,
    "streams": streams.run,
    "mail": mail.run,
    "store": store.run,
    "console": console.run,
    "tasks": tasks.run,
    "profiles": profiles.run,
    "tracing": tracing.run,
    "capacity": capacity.run,
    "soak": soak.run,
}

ALONE = ("soak", "console")
"""Parts that take so long that they run only by their own name."""


def main() -> int:
    """Run the part named on the command line, or all."""
    part = sys.argv[1] if len(sys.argv) > 1 else "all"
    if part not in (*PARTS, "all"):
        sys.stderr.write(f"There is no bench for {part!r} yet. Run one of: {', '.join(PARTS)}, all.\n")
        return 2
    chosen = [run for name, run in PARTS.items() if name not in ALONE] if part == "all" else [PARTS[part]]
    results = [run() for run in chosen]
    return 0 if all(results) else 1


if __name__ == "__main__":
    raise SystemExit(main())

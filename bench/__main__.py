"""`python -m bench PART`: measure a part, print its table, write it under bench/results/; exit 1 when a promise is broken."""

import sys

from bench import collector, mail, snippet, store, streams

PARTS = {"collector": collector.run, "snippet": snippet.run, "streams": streams.run, "mail": mail.run, "store": store.run}


def main() -> int:
    """Run the part named on the command line, or all."""
    part = sys.argv[1] if len(sys.argv) > 1 else "all"
    if part not in (*PARTS, "all"):
        sys.stderr.write(f"There is no bench for {part!r} yet. Run one of: {', '.join(PARTS)}, all.\n")
        return 2
    chosen = PARTS.values() if part == "all" else [PARTS[part]]
    results = [run() for run in chosen]
    return 0 if all(results) else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""One table: printed, and written under bench/results/."""

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("aiokafka", "uvicorn", "uvloop", "faust-streaming", "chdb-core", "clickhouse-connect")


class Report:
    """A titled table with notes."""

    def __init__(self, name: str, columns: list[str]) -> None:
        self.name = name
        self.columns = columns
        self.rows: list[tuple[str, ...]] = []
        self.notes: list[str] = []

    def row(self, *cells: str) -> None:
        """Add a row."""
        self.rows.append(cells)

    def note(self, text: str) -> None:
        """Add a line under the table."""
        self.notes.append(text)

    def finish(self) -> None:
        """Print the table and write it."""
        table = Table(*self.columns, title=self.name)
        for cells in self.rows:
            table.add_row(*cells)
        console = Console()
        console.print(table)
        for text in self.notes:
            console.print(text)
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{self.name}.md").write_text(self._markdown(), "utf-8")

    def _markdown(self) -> str:
        versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
        lines = [
            f"# {self.name}",
            "",
            f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}, Python {platform.python_version()}, {versions}.",
            "",
        ]
        lines += ["| " + " | ".join(self.columns) + " |", "|" + "---|" * len(self.columns)]
        lines += ["| " + " | ".join(cells) + " |" for cells in self.rows]
        return "\n".join([*lines, "", *self.notes, ""])


def machine() -> str:
    """Return how many cores of which sort this machine has."""
    names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()

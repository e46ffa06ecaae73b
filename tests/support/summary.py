"""What the last lines of a test run say."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.browser import find_browser


@dataclass(slots=True)
class Summary:
    """Which broker, store and browser the tests of this run used."""

    broker: str = "not used"
    store: str = "not used"
    line: str = "not used"
    browser: str = "not used"
    containers: str = "not run: no test asked for broker or store"

    started: dict[str, int] = field(default_factory=dict)

    def merge(self, told: Mapping[str, Any]) -> None:
        """Add what a worker process of the run used."""
        for name in ("broker", "store", "line", "browser"):
            if told[name] != "not used":
                used = getattr(self, name)
                both = {*(used.split("; ") if used != "not used" else ()), told[name]}
                setattr(self, name, "; ".join(sorted(both)))
        if "no test asked" not in told["containers"]:
            self.containers = told["containers"]
        self.count(told["started"])

    def count(self, servers: Mapping[str, int]) -> None:
        """Add local servers that were started, by name."""
        self.started = dict(Counter(self.started) + Counter(servers))

    def used_browser(self) -> None:
        """A test asked for the browser."""
        self.browser = str(find_browser() or "none found")

    def used_line(self) -> None:
        """A test asked for the whole line."""
        self.line = "`footprint up`, on a local Kafka and ClickHouse of its own"

    def lines(self, skipped: Iterable[str]) -> list[str]:
        """Return the last lines of the run; `started` counts the local servers by name."""
        servers = [f"{number} x {name}" for name, number in sorted(self.started.items())]
        reasons = [f"{number} x {reason}" for reason, number in sorted(Counter(skipped).items())]
        return [
            "",
            f"broker:     {self.broker}",
            f"store:      {self.store}",
            f"line:       {self.line}",
            f"servers:    {'; '.join(servers) or 'none started'}",
            f"browser:    {self.browser}",
            f"containers: {self.containers}",
            f"skipped:    {'; '.join(reasons) or 'nothing'}",
        ]

"""What the last lines of a test run say."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.support.browser import find_browser


@dataclass(slots=True)
class Summary:
    """Which broker, store and browser the tests of this run used."""

    broker: str = "not used"
    store: str = "not used"
    line: str = "not used"
    browser: str = "not used"
    containers: str = "not run: no test asked for broker or store"

    def used_browser(self) -> None:
        """A test asked for the browser."""
        self.browser = str(find_browser() or "none found")

    def used_line(self) -> None:
        """A test asked for the whole line."""
        self.line = "`footprint up` with its own local Kafka and ClickHouse"

    def lines(self, skipped: Iterable[str], started: Mapping[str, int]) -> list[str]:
        """Return the last lines of the run; `started` counts the local servers by name."""
        servers = [f"{number} x {name}" for name, number in sorted(started.items())]
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

"""Where the console finds the tracking plans of sites, and puts new versions."""

from collections.abc import Sequence
from typing import Protocol

from collector.core.published_plans import PublishedPlan
from schemas.errors import Misconfigured


class Plans(Protocol):
    """Keeps the tracking plans of sites. Each call may read or write files."""

    def versions(self, site: str) -> Sequence[PublishedPlan]:
        """Return every version, newest first."""

    def current(self, site: str) -> PublishedPlan | None:
        """Return the version that holds, None where none was published."""

    def settled(self, site: str) -> str:
        """Return the text of the plan that the settings name, empty where they name none."""

    def publish(self, site: str, text: str, *, by: str, note: str = "") -> PublishedPlan:
        """Publish the next version; raises Misconfigured when it is no plan, or cannot be kept."""


class NoPlans:
    """A console that keeps none."""

    def versions(self, _: str) -> Sequence[PublishedPlan]:
        """There are none."""
        return ()

    def current(self, _: str) -> PublishedPlan | None:
        """There is none."""
        return None

    def settled(self, _: str) -> str:
        """There is none."""
        return ""

    def publish(self, site: str, text: str, *, by: str, note: str = "") -> PublishedPlan:
        """Refuse."""
        del text, by, note
        raise Misconfigured(f"This console keeps no plans. Publish with `footprint plan publish --site {site}`.")

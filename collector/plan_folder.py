"""The folder of published tracking plans, as it is now: collectors look at it, and go by the newest version of each site."""

from collections.abc import Mapping
from pathlib import Path

from collector.core.plans import InvalidPlan, Plan
from collector.core.published_plans import compiled, file_name, newest, read_published
from schemas.errors import Misconfigured


class PlanFolder:
    """The plans of a folder; none while there is no folder. `plans` is another object once any of them has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._versions: dict[str, int] = {}
        self.plans: Mapping[str, Plan] = {}

    def read(self) -> None:
        """Read what is new. Raises Misconfigured for a version that cannot be used: the one before it stays."""
        found = newest(self._names())
        changed = {site: version for site, version in found.items() if self._versions.get(site) != version}
        gone = self._versions.keys() - found.keys()
        if not changed and not gone:
            return
        self._versions = found  # also of what cannot be used: it is complained about once
        plans, wrong = {site: plan for site, plan in self.plans.items() if site in found}, []
        for site, version in changed.items():
            try:
                plans[site] = self._plan(file_name(site, version))
            except Misconfigured as error:
                wrong.append(str(error))
        self.plans = plans
        if wrong:
            raise Misconfigured("\n".join(wrong))

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self._path.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Misconfigured(f"{self._path} cannot be read: {error.strerror}. Let this user read it.") from None

    def _plan(self, name: str) -> Plan:
        path = self._path / name
        try:
            return compiled(read_published(path.read_bytes()))
        except (OSError, ValueError, InvalidPlan) as error:  # an InvalidPlan is a ValueError; named for who reads this
            raise Misconfigured(f"{path} cannot be used: {error} Publish the plan again.") from None

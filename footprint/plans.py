"""Tracking plans: files that settings name, and the folder of published ones, whose versions never change."""

import time
from collections.abc import Sequence
from pathlib import Path

from collector.core.plans import InvalidPlan, Plan, read_plan
from collector.core.published_plans import PublishedPlan, file_name, newest, parsed, read_published, write_published
from footprint import kept_file
from footprint.publishing import require_site
from footprint.settings import Settings
from schemas.errors import Misconfigured


def load(path: Path) -> Plan:
    """Read and compile a plan (YAML or JSON); raises Misconfigured with the place of the mistake."""
    return read_text(text_of(path), str(path))


def text_of(path: Path) -> str:
    """Return the text of a plan's file; raises Misconfigured when it cannot be read."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}. Correct `plan` of the site, or name another file.") from None


def read_text(text: str, named: str) -> Plan:
    """Compile the text of a plan; raises Misconfigured with the place of the mistake."""
    try:
        return read_plan(parsed(text))
    except InvalidPlan as error:
        raise Misconfigured(f"{named}: {error} Correct it; `footprint plan check FILE` says when it is right.") from None


def folder(settings: Settings) -> Path:
    """Return where published plans are kept."""
    return settings.plans_dir or settings.data_dir / "plans"


class Shelf:
    """The published plans of the settings' folder: read as they are now, and added to."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = folder(settings)

    def versions(self, site: str) -> Sequence[PublishedPlan]:
        """Return every version of a site's plan, newest first. Raises Misconfigured for one that cannot be read."""
        last = newest(self._names()).get(site, 0)
        found = (self._folder / file_name(site, version) for version in range(last, 0, -1))
        return [_read(path) for path in found if path.is_file()]

    def current(self, site: str) -> PublishedPlan | None:
        """Return the version that holds, None where none was published."""
        last = newest(self._names()).get(site, 0)
        return _read(self._folder / file_name(site, last)) if last else None

    def settled(self, site: str) -> str:
        """Return the text of the plan that the settings name for a site, empty where they name none."""
        told = self._settings.site(site).plan
        return text_of(told) if told is not None else ""

    def publish(self, site: str, text: str, *, by: str, note: str = "") -> PublishedPlan:
        """Publish a plan as the site's next version; what holds already is returned as it is. Raises Misconfigured when it is no plan."""
        require_site(self._settings, site)
        read_text(text, "The plan")
        try:
            with kept_file.writing(self._folder / "publishing"):
                known = self.current(site)
                if known is not None and known.text == text:
                    return known
                made = PublishedPlan(site, known.version + 1 if known else 1, text, int(time.time() * 1000), by, note)
                kept_file.write(self._folder / file_name(site, made.version), write_published(made))
        except OSError as error:
            raise Misconfigured(
                f"{self._folder} cannot be written: {error.strerror}. Publish with `footprint plan publish` where it can, or let this user write."
            ) from None
        return made

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self._folder.iterdir()]
        except FileNotFoundError:
            return []


def _read(path: Path) -> PublishedPlan:
    try:
        return read_published(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{path} is no published plan: {error}. Restore it from a copy.") from None

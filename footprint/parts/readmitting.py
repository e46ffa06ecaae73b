"""The collector's rules of a site, for events that it turned away."""

from collector.live import LiveFiles
from footprint.parts.collector_sites import live_paths, rules_for
from footprint.readmitting import Door
from footprint.settings import Settings


def door_of(settings: Settings, site: str, present: int) -> Door:
    """Return the rules of a site as a collector that starts now would have them. Raises Misconfigured as that would."""
    live = LiveFiles(live_paths(settings))
    live.read()
    return Door(rules_for(settings, [site])[site], live.suppressions, present)

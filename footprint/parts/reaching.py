"""Where the parts of this line answer `/ready`: as settings say, else as the running `up` of the data folder says."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from footprint.parts.run_file import find_run
from footprint.settings import Settings
from schemas.errors import Misconfigured


def addresses(settings: Settings) -> Mapping[str, str]:
    """Return name -> address of `/ready`, or `tcp://host:port` of what speaks no HTTP."""
    if settings.parts:
        return read_parts(settings.parts)
    running = find_run(settings.data_dir)
    return running.health if running else {"collector": f"http://{settings.collector_host}:{settings.collector_port}/ready"}


def read_parts(text: str) -> dict[str, str]:
    """Return FOOTPRINT_PARTS as name -> address; raises Misconfigured when it cannot be read."""
    found: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, equals, address = item.partition("=")
        if not equals or not name.strip() or urlsplit(address).scheme not in ("http", "https", "tcp"):
            raise Misconfigured(f"FOOTPRINT_PARTS has {item!r}. Write it as name=http://host:port/ready,...")
        found[name.strip()] = address.strip()
    return found

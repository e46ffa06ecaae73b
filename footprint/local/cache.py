"""Where what was fetched once is kept for every copy of footprint on this machine."""

import os
from collections.abc import Mapping
from pathlib import Path


def cache_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Return this user's cache folder of footprint: under `XDG_CACHE_HOME`, else under `~/.cache`."""
    base = environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "footprint"

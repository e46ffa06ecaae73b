"""Where the cores are machine code, and whether it is of these very sources.

`footprint.compiling` compiles them, for about two thirds of the CPU and the same results (docs/decisions/0018-compiled-cores.md).
What was compiled stands beside the installed packages, under the digest of its sources: after an edit the cores run as plain
Python again, until they are compiled anew.
"""

import hashlib
import re
import sys
import sysconfig
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
READ_AT_RUN_TIME = re.compile(rb"^(from|import) (pydantic|msgspec)\b", re.MULTILINE)
"""Libraries that find types by annotations, which compiled classes do not have."""


def sources(package: Path) -> dict[str, bytes]:
    """Return names and content of the modules that are compiled: all but those whose annotations a library reads when the program runs."""
    found = {path.name: path.read_bytes() for path in sorted((package / "core").glob("*.py"))}
    return {name: text for name, text in found.items() if name != "__init__.py" and not READ_AT_RUN_TIME.search(text)}


def shelf() -> Path:
    """Return where everything stands that was compiled for this environment."""
    return Path(sysconfig.get_paths()["platlib"]) / "footprint_compiled"


def home_of(package: Path) -> Path:
    """Return where the sources of this package are compiled to, for this Python."""
    digest = hashlib.sha256(f"{sys.version}{sysconfig.get_platform()}".encode())
    for name, text in sources(package).items():
        digest.update(name.encode() + b"\0" + text)
    return shelf() / digest.hexdigest()[:16]


@cache
def compiled_home() -> Path | None:
    """Return where the compiled cores of this program are, None when it runs plain Python. It is found out once."""
    home = home_of(PACKAGE)
    return home if home.is_dir() else None


def activate() -> None:
    """Let `streams.core` find its compiled modules, if there are any."""
    home = compiled_home()
    if home:
        import streams.core  # noqa: PLC0415  # a package is imported before its modules are

        streams.core.__path__.insert(0, str(home / "streams" / "core"))
        sys.path.append(str(home))

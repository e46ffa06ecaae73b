"""The image's health check: `python -m footprint.deploy.ready` asks the part in this container whether it is ready."""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping

VARIABLE = "READY_URL"
"""Not a setting of footprint: an unknown `FOOTPRINT_` name would stop every part."""
DEFAULT = "http://127.0.0.1:8000/ready"
PATIENCE_S = 3.0


def trouble(environ: Mapping[str, str]) -> str:
    """Return what is wrong with the part, empty when it is ready."""
    url = environ.get(VARIABLE) or DEFAULT
    if not url.startswith(("http://", "https://")):
        return f"{VARIABLE} is {url!r}. Write it as {DEFAULT}"
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S):  # noqa: S310 - the scheme was looked at above
            return ""
    except urllib.error.HTTPError as error:
        with error:
            return f"{url} answers {error.code}: {error.read(2000).decode('utf-8', 'replace')}"
    except OSError as error:
        return f"{url} does not answer: {error}. Name the part's address in {VARIABLE}."


if __name__ == "__main__":
    sys.exit(trouble(os.environ) or 0)

"""The `.env` of deploy/compose: what is different on every installation, with fresh secrets."""

import os
import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from footprint.settings import SITE_NAME
from schemas.errors import Misconfigured

Token = Callable[[int], str]
"""Returns that many random bytes as text for URLs."""

BYTES = 32
CLUSTER_ID_BYTES = 16
HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?:\.(?!-)[A-Za-z0-9-]{1,63})*")
IMAGE = "footprint:local"


@dataclass(frozen=True, slots=True)
class Variable:
    """One line of the file, with what it is for."""

    name: str
    value: str
    meaning: str
    secret: bool = False


def variables(site: str, domain: str, token: Token = secrets.token_urlsafe) -> Sequence[Variable]:
    """Return every variable that deploy/compose reads. Raises Misconfigured when site or domain is no name."""
    if not SITE_NAME.fullmatch(site):
        raise Misconfigured(f"{site[:80]!r} is no name for a site. Write 1 to 64 letters, digits, dots, dashes and underscores.")
    if len(domain) > 253 or not HOST.fullmatch(domain):
        raise Misconfigured(f"{domain[:80]!r} is no host name. Write it as track.example.com, without https:// and port.")
    return (*_choices(domain), *_secrets(site, token))


def _choices(domain: str) -> tuple[Variable, ...]:
    return (
        Variable("DOMAIN", domain, "Host name of the collectors; for another one than localhost the proxy fetches a certificate."),
        Variable("HTTPS_PORT", "443", "Port of the proxy, TLS."),
        Variable("HTTP_PORT", "80", "Port of the proxy that leads to HTTPS and answers the certificate's challenge."),
        Variable("FRONT_SUBNET", "172.30.80.0/24", "Network of proxy and collectors; another one where this is taken."),
        Variable("ADMIN_ADDRESS", "127.0.0.1", "Address on which console, Grafana and Prometheus listen. They are for operators."),
        Variable("IMAGE", IMAGE, "Image of footprint: what `docker build` was told with -t."),
        Variable(
            "PYTHON_IMAGE", "python:3.11-slim", "Base of that image; for an image that can be made again, name it with its @sha256:..."
        ),
    )


def _secrets(site: str, token: Token) -> tuple[Variable, ...]:
    return (
        Variable("FOOTPRINT_WRITE_KEYS", f"{site}:fp_w_{token(BYTES)}", "site:key,... Pages show it; it can only write.", secret=True),
        Variable("FOOTPRINT_SECRET_KEYS", token(BYTES), "Signs links and cookies, newest last, comma-separated.", secret=True),
        Variable("CLICKHOUSE_PIPELINE_PASSWORD", token(BYTES), "Of the user who writes the store.", secret=True),
        Variable("CLICKHOUSE_ANALYST_PASSWORD", token(BYTES), "Of the user who reads it: console and Grafana.", secret=True),
        Variable("GRAFANA_PASSWORD", token(BYTES), "Of Grafana's user `admin`.", secret=True),
        Variable("KAFKA_CLUSTER_ID", _cluster_id(token), "Names the Kafka cluster; its disk belongs to this one for ever."),
    )


def _cluster_id(token: Token) -> str:
    """Kafka's tools take what begins with a dash for an option."""
    written = token(CLUSTER_ID_BYTES)
    return "A" + written[1:] if written.startswith("-") else written


def text_of(found: Sequence[Variable]) -> str:
    """Return the file: each variable below what it is for."""
    head = "# Written by `footprint deploy env`, read by `docker compose`. Holds secrets: keep it out of version control and of images.\n"
    return head + "".join(f"\n# {one.meaning}\n{one.name}={one.value}\n" for one in found)


def write(path: Path, text: str) -> None:
    """Write a new file that only its owner reads, whole or not at all. Raises Misconfigured when there is one already."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(scratch, path)  # who comes second does not overwrite the secrets of the first
    except FileExistsError:
        raise Misconfigured(
            f"{path} is there already, and its secrets may be in use. Name another file with --file, or move it away first."
        ) from None
    except OSError as error:
        raise Misconfigured(f"Cannot write {path}: {error.strerror}. Name a file in a folder of yours with --file.") from None
    finally:
        with suppress(FileNotFoundError):
            scratch.unlink()

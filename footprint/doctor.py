"""Looks at everything a line needs, one thing at a time: each is `ok`, or says what to do."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from footprint.checks import broker, certificates, flow, store, upkeep
from footprint.parts.reaching import addresses
from footprint.settings import Settings
from schemas.errors import Misconfigured, Retryable
from sinks.clickhouse.client import Refused

Check = tuple[str, Callable[[Settings], str]]

KAFKA: Sequence[Check] = (("broker", broker.nodes), ("topics", broker.partitions), ("copies", broker.copies), ("kept", broker.kept))
STORE: Sequence[Check] = (
    ("store", store.reached),
    ("schema", store.schema),
    ("retention", store.retention),
    ("erasures", store.erasures),
    ("clock", store.clock),
)
RUNNING: Sequence[Check] = (("parts", flow.parts), ("lag", flow.lag), ("streams", flow.streams), ("watermark", flow.watermark))
UPKEEP: Sequence[Check] = (
    ("spool", flow.spool),
    ("backup", upkeep.backup),
    ("keys", upkeep.keys),
    ("certs", certificates.certificates),
    ("cores", lambda _: upkeep.cores()),
    ("disk", lambda settings: upkeep.disk(settings.data_dir)),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is well, and what was seen or what to do."""

    check: str
    ok: bool
    says: str

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return asdict(self)


def examine(read: Callable[[], Settings]) -> Iterator[Finding]:
    """Yield one finding per check; where the first of a group is not well, the others of it have nothing to look at.

    Without readable settings nothing has. The running parts are looked at where some are known: by FOOTPRINT_PARTS or as a
    running `footprint up`.
    """
    try:
        settings = read()
        sites = sorted(set(settings.site_keys().values()))
        running = RUNNING if "streams" in {name.partition("-")[0] for name in addresses(settings)} else ()
    except Misconfigured as error:
        yield Finding("settings", ok=False, says=str(error))
        return
    yield Finding("settings", ok=True, says=f"sites with a write key: {', '.join(sites) or 'none here (`up` makes `demo`)'}")
    for group in (KAFKA, STORE, running):
        yield from _examined(group, settings)
    for check, seen in UPKEEP:
        yield look(check, partial(seen, settings))


def _examined(group: Sequence[Check], settings: Settings) -> Iterator[Finding]:
    for number, (check, seen) in enumerate(group):
        found = look(check, partial(seen, settings))
        yield found
        if not (found.ok or number):
            return


def look(check: str, seen: Callable[[], str]) -> Finding:
    """Return what `seen` returns as well, and what it raises as what to do."""
    try:
        return Finding(check, ok=True, says=seen())
    except (Misconfigured, Retryable, Refused) as error:
        return Finding(check, ok=False, says=str(error))

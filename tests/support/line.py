"""The whole line for tests: one `footprint up` on free ports and a folder of its own, started once per run."""

from collections.abc import Iterator

import pytest

from footprint.demo.line import Line
from tests.support import selling
from tests.support.receiver import Receiver

SDKS = tuple(f"{vendor}-{kind}" for vendor in ("segment", "rudderstack") for kind in ("python", "node", "browser"))
SHOP = "shop"
"""Site of the line's demo shop. Its visitors drive a headless browser, and are meant."""
SITES = (
    "demo",
    "forgetful",
    "logs",
    "history",
    "other",
    "kills",
    "replayed",
    "sales",
    "followed",
    "published",
    "watched",
    "console",
    *SDKS,
    "segment-browser-batching",
    "rudderstack-browser-beacon",
)
"""Sites of the line; the write key of each is its name. A test that counts uses a site that no other test uses."""


WEBHOOK_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(scope="session")
def rep() -> Iterator[Receiver]:
    """The sales rep's server, which the line tells of the signals of site `sales`."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory, rep: Receiver) -> Iterator[Line]:
    """A running line, ready; ended in order at the end of the run, and it must end well."""
    folder = tmp_path_factory.mktemp("line")
    tables = [f'[sites.{SHOP}]\nkeys = ["{SHOP}"]\nautomation = "ignore"\n']  # the first: the shop takes its key
    tables += [f'[sites.{site}]\nkeys = ["{site}"]\n' for site in SITES]
    tables.append('[sites.known]\nkeys = ["known"]\nme_fields = ["interests", "segments"]\n')
    tables.append(f'[webhooks.rep]\nurl = "{rep.url("/rep")}"\nkeys = ["{WEBHOOK_KEY}"]\nshape = "task"\nsites = ["sales"]\n')
    tables.append(selling.tables(folder, rep.url("/desk"), WEBHOOK_KEY))
    (folder / "footprint.toml").write_text("\n".join(tables), "utf-8")
    running = Line(folder, session_update_s="1", tracing_share="1", tracing_url=rep.url("/v1/traces"))
    running.start()
    try:
        yield running
    finally:
        code = running.stop()
    assert code == 0, f"`footprint up` ended with {code}. It said:\n{running.said()}"

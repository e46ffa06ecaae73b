"""The whole line for tests: one `footprint up` on free ports and a folder of its own, started once per run."""

from collections.abc import Iterator

import pytest

from footprint.demo.line import Line

SDKS = tuple(f"{vendor}-{kind}" for vendor in ("segment", "rudderstack") for kind in ("python", "node", "browser"))
SITES = ("demo", "forgetful", "logs", "history", "other", "kills", *SDKS, "segment-browser-batching", "rudderstack-browser-beacon")
"""Sites of the line; the write key of each is its name. A test that counts uses a site that no other test uses."""


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """A running line, ready; ended in order at the end of the run, and it must end well."""
    folder = tmp_path_factory.mktemp("line")
    tables = [f'[sites.{site}]\nkeys = ["{site}"]\n' for site in SITES]
    (folder / "footprint.toml").write_text("\n".join(tables), "utf-8")
    running = Line(folder, session_update_s="1")
    running.start()
    try:
        yield running
    finally:
        code = running.stop()
    assert code == 0, f"`footprint up` ended with {code}. It said:\n{running.said()}"

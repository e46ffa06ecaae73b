"""`python -m footprint.demo`: a line of its own, one day of traffic through it, and what it tells."""

import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from rich.console import Console, RenderableType

from footprint.demo.again import computed_anew
from footprint.demo.campaign import story
from footprint.demo.campaign.letters import MESSAGE
from footprint.demo.campaign.recipients import reader
from footprint.demo.day import SEED, day_of
from footprint.demo.explained import explained
from footprint.demo.line import Line
from footprint.demo.sending import send_day
from footprint.demo.tables import Answers
from footprint.demo.visitor import MINUTE
from footprint.demo.waiting import await_stored
from footprint.email import Sender
from footprint.parts.connections import resolve_store, secret_keys
from footprint.parts.run_file import read_run
from footprint.settings import Settings
from schemas.errors import Misconfigured, Retryable
from sinks.clickhouse.client import StoreClient

SITE = KEY = "demo"
FLOW = ("collector", "streams", "sink")
WIDTH = 120
NEXT = """[bold]What next[/bold]
  make up                                     this pipeline, to stay; it prints its addresses
and while that runs (the demo's own data is gone with it):
  .venv/bin/footprint import access.log.gz --site demo
                                              your own web server's log as history
  .venv/bin/footprint sql "SELECT * FROM sessions"
                                              any question; docs/reference/store.md lists the views
  .venv/bin/footprint customer why --site demo --customer ID
                                              a customer's score, point by point"""


def main() -> None:
    """Run the demo and exit 0; exit 1 with what to do when a part of it fails."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave through the context managers: the line stops in order
    try:
        with tempfile.TemporaryDirectory(prefix="footprint-demo-") as folder:
            show(Path(folder), Console(width=None if sys.stdout.isatty() else WIDTH))
    except (Misconfigured, Retryable) as error:
        Console(stderr=True).print(f"footprint demo: {error}", markup=False, highlight=False)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def show(folder: Path, console: Console) -> None:
    """Start a line in the folder, send the day, print the tables, and stop the line."""
    started = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:5.1f} s[/dim]  {text}", highlight=False)

    say("starting Kafka, ClickHouse, collector, streams and sink on free ports")
    (folder / "footprint.toml").write_text(story.SETTINGS, "utf-8")
    with Line(folder, session_update_s="1", trusted_proxies="127.0.0.1/32") as line:
        say("ready; sending one day of a small shop, up to this minute")
        _tell(line, console, say=say)
        say("stopping")
    if line.exit_code:
        raise Retryable(f"`footprint up` ended with {line.exit_code}. It said:\n{line.said()}")
    console.print(NEXT, highlight=False)
    say("done")


def _tell(line: Line, console: Console, *, say: Callable[[str], None]) -> None:
    """Send the day through a running line and print what the store says."""
    run = read_run(line.data_dir)
    now_ms = time.time_ns() // 1_000_000
    posts = day_of(SEED, now_ms - now_ms % MINUTE)
    events = send_day(posts, run.collector, KEY)
    say(f"{events} events accepted, some of them sent twice; sending {story.LETTERS} e-mails through a mail server of its own")
    settings = Settings(data_dir=line.data_dir)
    sender = Sender(secret_keys(settings)[-1], run.collector)
    events += story.run_campaign(sender, SITE, KEY, _fate())
    say("read by people, proxies and a scanner; waiting until all of it is stored")
    client = StoreClient(resolve_store(settings, user="analyst"))
    try:
        flow = {name: url for name, url in run.health.items() if name.startswith(FLOW)}
        await_stored(client, site=SITE, events=events, health=flow)
        say("stored, each event once")
        say(computed_anew(settings, SITE))
        say(explained(client, SITE))
        for table in _tables(Answers(client, SITE)):
            console.print()
            console.print(table)
        console.print()
    finally:
        client.close()


def _fate() -> Random:
    """Return the random numbers of the campaign: others than the day's, so that no id comes twice."""
    return Random(SEED + 1)  # noqa: S311 - a story, not a secret


def _tables(answers: Answers) -> Iterator[RenderableType]:
    yield from (answers.sessions(), answers.scores(), answers.signals(), answers.timeline(answers.best_customer()))
    now = datetime.now(UTC)
    yield from (answers.emails(now), answers.labels(MESSAGE, now), answers.timeline(reader(_fate())))


if __name__ == "__main__":
    main()

"""`footprint rebuild` and `footprint replay`: results computed anew from stored events."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from footprint.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DataDir = Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("rebuild")(rebuild)
    app.command("replay")(replay)


def rebuild(
    *,
    once: Annotated[bool, typer.Option("--once", help="One round, then end.")] = False,
    every: Annotated[float, typer.Option(min=1.0, help="Seconds between rounds.")] = 60.0,
    health_port: Annotated[int, typer.Option(help="Port for /live, /ready and /metrics; 0: none.")] = 0,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Put right the sessions of visitors that history or late events have marked. `footprint up` runs it in the background.

    Visitors whose session is still live come back in a later round.

    Example: `footprint rebuild --once`
    """
    from footprint import logs
    from footprint.parts import rebuild as part
    from footprint.settings import current

    settings = current(data_dir=data_dir)
    if once:
        done = part.once(settings)
        _print({"marks": done.marks, "left": done.left, "sites": {site: _shown(report) for site, report in done.reports.items()}}, as_json)
        return
    logs.configure(part="rebuild", level=settings.log_level, form=settings.log_format)
    part.run(settings, every_s=every, health_port=health_port)


def replay(
    *,
    site: Annotated[str, typer.Option(help="Website.")],
    sessions: Annotated[bool, typer.Option("--sessions", help="Compute sessions anew.")] = False,
    scores: Annotated[
        bool, typer.Option("--scores", help="Compute scores anew by the model that runs; tells the streams what differs.")
    ] = False,
    rejected: Annotated[
        bool, typer.Option("--rejected", help="Accept again what the collector turned away, by the rules of now; what still fails stays.")
    ] = False,
    start: Annotated[
        str, typer.Option("--from", help="First time, UTC; visitors seen since then are computed anew, as a whole.")
    ] = "1990-01-01",
    end: Annotated[str, typer.Option("--to", help="Last time, UTC; not given: now.")] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Compute results of a site anew from its stored events, or take in what was turned away. What is as it should be is not written again.

    Somebody about whom something was received within the last seconds, or whose session is still live, is left out.

    Example: `footprint replay --sessions --scores --site demo --from 2026-09-01`
    """
    from footprint.rebuilding import now_ms
    from footprint.settings import current
    from sinks.clickhouse.cookbook import read_time

    wanted = {_rejected: rejected, _sessions: sessions, _scores: scores}
    if not any(wanted.values()):
        print("footprint: say what to compute anew. Add --sessions, --scores or --rejected.", file=sys.stderr)
        raise typer.Exit(2)
    settings, present = current(data_dir=data_dir), now_ms()
    seconds = {"from": int(read_time(start).timestamp()), "to": int(read_time(end).timestamp()) if end else present // 1000 + 1}
    times = {name: str(value) for name, value in seconds.items()}
    found: dict[str, Any] = {}
    for replayed in (step for step, asked in wanted.items() if asked):
        found |= replayed(settings, site, times, present)
    _print(found, as_json)


def _sessions(settings: "Settings", site: str, times: dict[str, str], present: int) -> dict[str, Any]:
    from footprint.parts.connections import resolve_store
    from footprint.rebuilding import replay_sessions

    gap_ms = settings.site(site).session_gap_s * 1000
    return _shown(replay_sessions(resolve_store(settings, user="pipeline"), site, times, gap_ms=gap_ms, now_ms=present))


def _scores(settings: "Settings", site: str, times: dict[str, str], present: int) -> dict[str, Any]:
    from footprint.parts.rebuild import rescoring_of, teller_of
    from footprint.rescoring import replay_scores

    return _shown(replay_scores(rescoring_of(settings, site, present), times, teller_of(settings)))


def _rejected(settings: "Settings", site: str, times: dict[str, str], present: int) -> dict[str, Any]:
    from footprint.parts.connections import resolve_store
    from footprint.parts.readmitting import door_of
    from footprint.parts.rebuild import teller_of
    from footprint.readmitting import readmit

    done = readmit(resolve_store(settings, user="pipeline"), door_of(settings, site, present), times, teller_of(settings))
    return {"rejected_read": done.read, "accepted": done.accepted, "cut": done.cut, "still_rejected": dict(done.refused)}


def _shown(report: Any) -> dict[str, int]:
    return {name: value for name, value in asdict(report).items() if isinstance(value, int)}


def _print(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        print(f"{name.replace('_', ' '):<18}{value if not isinstance(value, dict) else ''}")
        for of, report in value.items() if isinstance(value, dict) else ():
            counts = report.items() if isinstance(report, dict) else [("", report)]
            print(f"  {of}: " + ", ".join(f"{count} {what.replace('_', ' ')}".rstrip() for what, count in counts))

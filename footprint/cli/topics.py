"""`footprint topics`: create, list and check the topics."""

import asyncio
import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(no_args_is_help=True, help="Create, list, check and grow the Kafka topics.")
    group.command("create")(create)
    group.command("list")(list_topics)
    group.command("check")(check)
    group.command("grow")(grow)
    app.add_typer(group, name="topics")


def create(data_dir: DataDir = None) -> None:
    """Create the topics that are missing; the others are left as they are.

    Example: `FOOTPRINT_KAFKA_BOOTSTRAP=kafka:9092 footprint topics create`
    """
    from footprint import topics
    from footprint.parts.connections import resolve_kafka
    from footprint.settings import current

    settings = current(data_dir=data_dir)
    made = asyncio.run(topics.create(resolve_kafka(settings), settings))
    print("\n".join(made) if made else "All topics exist.")


def list_topics(
    data_dir: DataDir = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the topics, what they hold, and the partitions they have on the broker.

    Example: `footprint topics list --json`
    """
    from footprint import topics
    from footprint.parts.connections import resolve_kafka
    from footprint.settings import current
    from schemas.topics import PUBLIC, STATE

    settings = current(data_dir=data_dir)
    found = asyncio.run(topics.partitions(resolve_kafka(settings)))
    rows: list[dict[str, str | int]] = [
        {"topic": topic.name, "partitions": found.get(topic.name, 0), "holds": topic.summary} for topic in (*PUBLIC, *STATE)
    ]
    if json:
        print(jsonlib.dumps(rows, indent=2))
        return
    _print_table(rows)


def _print_table(rows: list[dict[str, str | int]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("topic", "partitions", "holds")
    for row in rows:
        table.add_row(str(row["topic"]), str(row["partitions"] or "missing"), str(row["holds"]))
    Console().print(table)


def check(data_dir: DataDir = None) -> None:
    """Say whether every topic exists with the right number of partitions; exit 1 when not.

    Example: `footprint topics check`
    """
    from footprint import topics
    from footprint.parts.connections import resolve_kafka
    from footprint.settings import current

    settings = current(data_dir=data_dir)
    asyncio.run(topics.check(resolve_kafka(settings), settings))
    print("ok")


def grow(
    partitions: Annotated[int, typer.Option(help="Partitions that every topic has afterwards.", min=1, max=1024)],
    data_dir: DataDir = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Give every topic more partitions, and take the state of visitors and subjects to where it belongs then.

    The line must be at rest: collectors stopped, everything absorbed and stored, then streams and sinks stopped; nothing is changed
    otherwise. May be repeated, and goes on where it was cut off. docs/operations/cluster.md has all the steps.

    Example: `footprint topics grow --partitions 12`
    """
    from footprint.growing.run import grow as grow_topics
    from footprint.parts.connections import resolve_kafka
    from footprint.settings import current

    moved = asyncio.run(grow_topics(resolve_kafka(current(data_dir=data_dir)), partitions))
    if json:
        print(jsonlib.dumps({"partitions": partitions, "moved": moved}, indent=2))
        return
    for topic, keys in moved.items():
        print(f"{topic}: {keys:,} keys moved")
    print(f"Every topic has {partitions} partitions. Set FOOTPRINT_PARTITIONS={partitions} for every part, then start them.")

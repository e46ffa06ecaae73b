"""Writes the generated pages of docs/reference: `python -m footprint.reference [--check]`."""

import inspect
import json
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from collector.app import VERSION
from collector.core.openapi import document
from footprint import cli, model_reference
from footprint.settings import CONFIG_VARIABLE, PREFIX, SECRETS, TABLES, Settings
from footprint.site_settings import SiteSettings, TaskSettings, WebhookSettings
from schemas.topics import DAY_MS, PUBLIC, STATE, Topic
from sinks.clickhouse.cookbook import recipes

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
WORDS = {int: "NUMBER", float: "NUMBER", Path: "PATH"}
"""What stands for the value of an option; text otherwise."""
GENERATED = "<!-- Written by `python -m footprint.reference`. Change the program, then run it again. -->"


def pages() -> dict[str, str]:
    """Return file name -> content of every generated page."""
    written = {
        "commands.md": _commands(),
        "settings.md": _settings(),
        "topics.md": _topics(),
        "cookbook.md": _cookbook(),
        "models.md": model_reference.page(),
    }
    described = {"openapi.json": json.dumps(document(VERSION), indent=1, ensure_ascii=False) + "\n"}
    return described | {name: f"{GENERATED}\n" + "\n".join(lines) + "\n" for name, lines in written.items()}


def stale(folder: Path = FOLDER) -> list[str]:
    """Return the names of pages that are missing or differ from what the program says now."""
    found = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    schemas = [path.name for path, text in model_reference.schemas().items() if not path.is_file() or path.read_text("utf-8") != text]
    return [name for name, text in pages().items() if found.get(name) != text] + schemas


def commands() -> list[tuple[str, Any]]:
    """Return every command that does something: the words it is called by, and the parsed command."""
    return list(_leaves(typer.main.get_command(cli.register()), "footprint"))


def _leaves(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)  # a group has them; the class is a detail of typer
    if inner is None:
        yield path, command
    else:
        for name, one in inner.items():
            yield from _leaves(one, f"{path} {name}")


def _commands() -> list[str]:
    lines = [
        "# Commands",
        "",
        "Exit code 0: done; 1: failed, standard error ends with what to do next; 2: wrong use. Every command has `--help`.",
    ]
    for path, command in commands():
        lines += ["", f"## {path}", "", inspect.cleandoc(command.help or "").replace("\b\n", "")]
        shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
        if shown:
            lines += ["", "| option | default | meaning |", "|---|---|---|", *map(_option, shown)]
    return lines


def _option(parameter: Any) -> str:
    if parameter.param_type_name == "option":
        names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
        value = "" if parameter.is_flag else f" {_value(parameter)}"
    else:
        names = f"`{str(parameter.name).upper()}{'...' if parameter.nargs == -1 else ''}`"
        value = ""
    return _row(names + value, _default(parameter), getattr(parameter, "help", "") or "")


def _value(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(f"`{member.value}`" for member in kind)
    return f"`{WORDS.get(kind, 'TEXT')}`"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    default = parameter.default
    return "" if default in (None, (), False, "") or callable(default) else f"`{getattr(default, 'value', default)}`"


def _settings() -> list[str]:
    return [
        "# Settings",
        "",
        f"`footprint.toml` in the working folder (or the file that `{CONFIG_VARIABLE}` names), overridden by `{PREFIX}*` variables.",
        "An unknown name is refused at start, with the nearest known one.",
        "",
        f"Secrets ({', '.join(f'`{name}`' for name in SECRETS)}) may stand in files of their own, and are then read at start:",
        f'`{PREFIX}NAME_FILE=/run/secrets/name` as a variable, `name = {{file = "/run/secrets/name"}}` in the file; so may `keys` and',
        "`email_hooks` of a site, `url` and `keys` of a webhook. `keys` may be one file with a key on each line.",
        "",
        "| variable | in the file | default | meaning |",
        "|---|---|---|---|",
        *(
            _row(f"`{PREFIX}{name.upper()}`", f"`{name}`", _shown(field), _meaning(field))
            for name, field in _fields(Settings)
            if name not in TABLES
        ),
        "",
        "## Per site",
        "",
        "In the file only: one table `[sites.NAME]` per website.",
        *_table_of(SiteSettings),
        "",
        "### Tasks of a site",
        "",
        'In the file only: one table `[sites.NAME.tasks.TRIGGER]` per trigger, `[sites.NAME.tasks."*"]` for all others ([how to](../how-to/tasks.md)).',
        "Without any, each signal opens a task of a day that is nobody's yet; `tasks = {}` opens none.",
        *_table_of(TaskSettings),
        "",
        "## Webhooks",
        "",
        "In the file only: one table `[webhooks.NAME]` per address ([how to](../how-to/webhooks.md)).",
        *_table_of(WebhookSettings),
    ]


def _table_of(model: type[BaseModel]) -> list[str]:
    rows = [_row(f"`{name}`", _shown(field), _meaning(field)) for name, field in _fields(model)]
    return ["", "| name | default | meaning |", "|---|---|---|", *rows]


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    return iter(model.model_fields.items())


def _meaning(field: FieldInfo) -> str:
    choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    listed = f" One of {', '.join(f'`{choice}`' for choice in choices)}." if choices else ""
    return (field.description or "") + listed


def _shown(field: FieldInfo) -> str:
    default = field.default
    if isinstance(default, bool):
        return f"`{int(default)}`"
    return "" if default in ("", ()) or isinstance(default, dict) else f"`{default}`"


def _topics() -> list[str]:
    return [
        "# Topics",
        "",
        "Created by `footprint topics create` and by `footprint up`; every part checks them when it starts. JSON Schema of each value and an",
        "AsyncAPI document are in `schemas/generated/`. Readers of the topics that are written in transactions use isolation level `read_committed`.",
        "",
        "An `ndjson` record holds one or more values of one partition, joined by newlines; a `json` record holds one.",
        "",
        "| topic | is | record | key | kept | written |",
        "|---|---|---|---|---|---|",
        *(_row(f"`{topic.name}`", topic.summary, f"`{topic.record}`", topic.key, _kept(topic), _written(topic)) for topic in PUBLIC),
        *(line for topic in PUBLIC for line in _value_of(topic)),
        "",
        "## State",
        "",
        "Private to the stream agents, compacted.",
        "",
        "| topic | is |",
        "|---|---|",
        *(_row(f"`{topic.name}`", topic.summary) for topic in STATE),
    ]


def _cookbook() -> list[str]:
    lines = [
        "# Cookbook",
        "",
        "One query per question. `footprint sql @NAME --site SITE` runs one, `footprint sql @` lists them; the files are in",
        "`sinks/clickhouse/cookbook/` and run in any ClickHouse client that fills `{name:Type}`. Machine traffic is left out unless it is asked about.",
    ]
    for recipe in recipes():
        lines += ["", f"## {recipe.name}", "", f"{recipe.question} {_sentence(recipe.reading.removeprefix('Read: '))}"]
        lines += ["", "| option | default | meaning |", "|---|---|---|"]
        lines += [_row(f"`--{one.name}`", f"`{one.default}`" if one.default else "required", one.meaning) for one in recipe.parameters]
    return lines


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _value_of(topic: Topic) -> Iterator[str]:
    yield from ("", f"## {topic.name}", "", inspect.cleandoc(topic.value.__doc__ or ""), "", "| field | type | meaning |", "|---|---|---|")
    schema = topic.value.model_json_schema()
    for name, part in schema["properties"].items():
        yield _row(f"`{name}`", _type(part), part.get("description", ""))


def _type(part: dict[str, Any]) -> str:
    if "anyOf" in part:
        return " or ".join(_type(one) for one in part["anyOf"] if one.get("type") != "null")
    if "$ref" in part:
        return str(part["$ref"].rpartition("/")[2])
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    return f"{part['type']} of {_type(part['items'])}" if part.get("type") == "array" else str(part.get("type", "any"))


def _kept(topic: Topic) -> str:
    return "last per key, for ever" if topic.retention_ms is None else f"{topic.retention_ms // DAY_MS} days"


def _written(topic: Topic) -> str:
    return "in transactions" if topic.transactional else "at least once"


def _row(*cells: str) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def main() -> None:
    """Write the pages, or with `--check` fail when one is not current."""
    if "--check" in sys.argv[1:]:
        names = stale()
        if names:
            raise SystemExit(f"Not current: {', '.join(names)}. Run `python -m footprint.reference`.")
        return
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")
    for path, text in model_reference.schemas().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()

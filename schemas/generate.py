"""Write the JSON Schema of every topic's value and the AsyncAPI document: `python -m schemas.generate [--check]`."""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from schemas.topics import PUBLIC, Topic

FOLDER = Path(__file__).parent / "generated"


def documents() -> dict[str, str]:
    """Return file name -> content of every generated file."""
    files = {f"{topic.name}.json": _json(_schema_of(topic)) for topic in PUBLIC}
    files["asyncapi.yaml"] = yaml.safe_dump(_asyncapi(), sort_keys=False, width=120)
    return files


def stale(folder: Path = FOLDER) -> list[str]:
    """Return the names of files that are missing, different or left over."""
    wanted = documents()
    found = {path.name: path.read_text("utf-8") for path in folder.iterdir()} if folder.is_dir() else {}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def write(folder: Path = FOLDER) -> None:
    """Write every generated file and remove what is left over."""
    folder.mkdir(exist_ok=True)
    wanted = documents()
    for path in folder.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, "utf-8")


def _schema_of(topic: Topic) -> dict[str, Any]:
    schema = topic.value.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": topic.name, **schema}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _asyncapi() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "footprint topics",
            "version": "1",
            "description": "What footprint writes to Kafka. Readers of transactional topics use isolation level read_committed.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {_channel_name(topic): _channel(topic) for topic in PUBLIC},
        "operations": {
            f"receive{topic.value.__name__}": {"action": "receive", "channel": {"$ref": f"#/channels/{_channel_name(topic)}"}}
            for topic in PUBLIC
        },
    }


def _channel_name(topic: Topic) -> str:
    return topic.name.removeprefix("footprint.").removesuffix(".v1")


def _channel(topic: Topic) -> dict[str, Any]:
    ndjson = topic.record == "ndjson"
    retention = {"cleanup.policy": ["compact"]} if topic.compacted else {"cleanup.policy": ["delete"], "retention.ms": topic.retention_ms}
    return {
        "address": topic.name,
        "description": f"{topic.summary[0].upper()}{topic.summary[1:]}. Keeps the order of: {topic.key}.",
        "messages": {
            topic.value.__name__: {
                "contentType": "application/x-ndjson" if ndjson else "application/json",
                "summary": "1..N JSON values of one partition, joined by newlines." if ndjson else "One JSON value.",
                "payload": {"$ref": f"./{topic.name}.json"},
            }
        },
        "bindings": {"kafka": {"topicConfiguration": retention, "bindingVersion": "0.5.0"}},
    }


def main() -> int:
    """Write the files, or with `--check` say which are not current; return the exit code."""
    if "--check" not in sys.argv:
        write()
        return 0
    for name in stale():
        sys.stderr.write(f"schemas/generated/{name} is not current. Run: make generate\n")
    return 1 if stale() else 0


if __name__ == "__main__":
    raise SystemExit(main())

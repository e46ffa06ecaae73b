"""What a call says. The same signal gives the same bytes, however often it is sent."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from schemas.codec import dumps
from sinks.webhooks.core.alerts import Shape

Signal = Mapping[str, Any]

TASK_DUE_MS = 86_400_000
"""A task is due a day after the signal."""


def body_of(signal: Signal, shape: Shape) -> bytes:
    """Return the body of the call in the shape that the address takes."""
    return dumps(_SHAPES[shape](signal))


def _json(signal: Signal) -> dict[str, Any]:
    return {"type": "signal.fired", "timestamp": _iso(signal["fired_at"]), "data": dict(signal)}


def _slack(signal: Signal) -> dict[str, Any]:
    where = f" · {_escaped(_page(signal))}" if _page(signal) else ""
    return {
        "text": f"*{_escaped(_title(signal))}*: {_escaped(_who(signal))}{where} · {_escaped(signal['site'])} · {_iso(signal['fired_at'])}"
    }


def _task(signal: Signal) -> dict[str, Any]:
    page = _page(signal)
    said = [f"{_title(signal)}: {_who(signal)}", f"Site: {signal['site']}", f"When: {_iso(signal['fired_at'])}"]
    return {
        "external_id": signal["signal_id"],
        "title": said[0],
        "description": "\n".join([*said[1:], *([f"Page: {page}"] if page else [])]),
        "due_at": _iso(signal["fired_at"] + TASK_DUE_MS),
        "contact": {name: signal[name] for name in ("customer_id", "visitor_id") if signal.get(name)},
        "site": signal["site"],
        "trigger": signal["trigger"],
    }


_SHAPES: Mapping[Shape, Callable[[Signal], dict[str, Any]]] = {"json": _json, "slack": _slack, "task": _task}


def _title(signal: Signal) -> str:
    words = str(signal["trigger"]).replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def _who(signal: Signal) -> str:
    return str(signal.get("customer_id") or f"visitor {signal.get('visitor_id') or signal['subject'][2:]}")


def _page(signal: Signal) -> str:
    payload = signal.get("payload")
    return str(payload.get("url_path", "")) if isinstance(payload, dict) else ""


def _escaped(text: str) -> str:
    """Slack reads `<...>` as a link or as a call to everybody: what visitors sent must stay text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

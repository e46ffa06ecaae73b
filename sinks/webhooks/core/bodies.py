"""What a call says. The same signal gives the same bytes, however often it is sent."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from schemas.codec import dumps
from sinks.webhooks.core.alerts import Shape
from sinks.webhooks.core.templates import filled

Signal = Mapping[str, Any]

TASK_DUE_MS = 86_400_000
"""A task is due a day after the signal."""


def body_of(signal: Signal, shape: Shape, template: Any = None) -> bytes:
    """Return the body of the call in the shape that the address takes, or by its template where it has one."""
    return dumps(filled(template, facts_of(signal)) if template is not None else _SHAPES[shape](signal))


def facts_of(signal: Signal) -> dict[str, str | int]:
    """Return what a template may say of a signal: every name of `templates.NAMES`."""
    due_ms, page = signal["fired_at"] + TASK_DUE_MS, _page(signal)
    return {
        "title": _title(signal),
        "description": "\n".join(_description(signal)),
        "who": _who(signal),
        **{
            name: str(signal.get(name) or "") for name in ("customer_id", "visitor_id", "subject", "site", "trigger", "reason", "signal_id")
        },
        "page": page,
        "fired_at": _iso(signal["fired_at"]),
        "fired_ms": signal["fired_at"],
        "due_at": _iso(due_ms),
        "due_ms": due_ms,
        "due_date": _iso(due_ms)[:10],
    }


def _description(signal: Signal) -> list[str]:
    page = _page(signal)
    return [f"Site: {signal['site']}", f"When: {_iso(signal['fired_at'])}", *([f"Page: {page}"] if page else [])]


def _json(signal: Signal) -> dict[str, Any]:
    return {"type": "signal.fired", "timestamp": _iso(signal["fired_at"]), "data": dict(signal)}


def _slack(signal: Signal) -> dict[str, Any]:
    where = f" · {_escaped(_page(signal))}" if _page(signal) else ""
    return {
        "text": f"*{_escaped(_title(signal))}*: {_escaped(_who(signal))}{where} · {_escaped(signal['site'])} · {_iso(signal['fired_at'])}"
    }


def _task(signal: Signal) -> dict[str, Any]:
    return {
        "external_id": signal["signal_id"],
        "title": f"{_title(signal)}: {_who(signal)}",
        "description": "\n".join(_description(signal)),
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

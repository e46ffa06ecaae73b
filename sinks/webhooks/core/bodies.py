"""What a call says. The same alert gives the same bytes, however often it is sent."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from schemas.codec import dumps
from sinks.webhooks.core.alerts import Alert, Shape
from sinks.webhooks.core.templates import filled

TASK_DUE_MS = 86_400_000
"""A task is due a day after the signal; what was not done in time, a day after that."""


def body_of(alert: Alert, shape: Shape, template: Any = None) -> bytes:
    """Return the body of the call in the shape that the address takes, or by its template where it has one."""
    return dumps(filled(template, facts_of(alert)) if template is not None else _SHAPES[shape](alert))


def facts_of(alert: Alert) -> dict[str, str | int]:
    """Return what a template may say of an alert: every name of `templates.NAMES`."""
    due_ms, page = alert["fired_at"] + TASK_DUE_MS, _page(alert)
    return {
        "title": _title(alert),
        "description": "\n".join(_description(alert)),
        "who": _who(alert),
        **{name: str(alert.get(name) or "") for name in ("customer_id", "visitor_id", "subject", "site", "trigger", "reason", "signal_id")},
        "page": page,
        "owner": _owner(alert),
        "fired_at": _iso(alert["fired_at"]),
        "fired_ms": alert["fired_at"],
        "due_at": _iso(due_ms),
        "due_ms": due_ms,
        "due_date": _iso(due_ms)[:10],
    }


def _description(alert: Alert) -> list[str]:
    page = _page(alert)
    goes_to = [f"Goes to: {_owner(alert)}"] if _owner(alert) else []
    return [f"Site: {alert['site']}", f"When: {_iso(alert['fired_at'])}", *([f"Page: {page}"] if page else []), *goes_to]


def _json(alert: Alert) -> dict[str, Any]:
    kind, told = ("task.escalated", alert["step"]) if "step" in alert else ("signal.fired", alert)
    return {"type": kind, "timestamp": _iso(alert["fired_at"]), "data": dict(told)}


def _slack(alert: Alert) -> dict[str, Any]:
    where = f" · {_escaped(_page(alert))}" if _page(alert) else f" · goes to {_escaped(_owner(alert))}" if _owner(alert) else ""
    return {"text": f"*{_escaped(_title(alert))}*: {_escaped(_who(alert))}{where} · {_escaped(alert['site'])} · {_iso(alert['fired_at'])}"}


def _task(alert: Alert) -> dict[str, Any]:
    return {
        "external_id": alert["signal_id"],
        "title": f"{_title(alert)}: {_who(alert)}",
        "description": "\n".join(_description(alert)),
        "due_at": _iso(alert["fired_at"] + TASK_DUE_MS),
        "contact": {name: alert[name] for name in ("customer_id", "visitor_id") if alert.get(name)},
        "site": alert["site"],
        "trigger": alert["trigger"],
    }


_SHAPES: Mapping[Shape, Callable[[Alert], dict[str, Any]]] = {"json": _json, "slack": _slack, "task": _task}


def _title(alert: Alert) -> str:
    if "step" in alert:
        return f"Not done in time: {alert['step'].get('title') or 'a task'}"
    words = str(alert["trigger"]).replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def _owner(alert: Alert) -> str:
    """Return who has the task from here on; a signal and a task of nobody have no owner."""
    return str(alert["step"].get("owner", "")) if "step" in alert else ""


def _who(alert: Alert) -> str:
    return str(alert.get("customer_id") or f"visitor {alert.get('visitor_id') or alert['subject'][2:]}")


def _page(alert: Alert) -> str:
    payload = alert.get("payload")
    return str(payload.get("url_path", "")) if isinstance(payload, dict) else ""


def _escaped(text: str) -> str:
    """Slack reads `<...>` as a link or as a call to everybody: what visitors sent must stay text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

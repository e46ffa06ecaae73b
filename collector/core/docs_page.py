"""The description of the paths as one page for people: no script, nothing from elsewhere."""

from html import escape
from typing import Any

STYLE = "body{font:16px/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}code{background:#8882;padding:0 .3em}td,th{text-align:left;padding:.2em 1em .2em 0;vertical-align:top}"


def docs_page(document: dict[str, Any]) -> str:
    """Return the page of an OpenAPI document."""
    rows = "".join(_row(path, method, operation) for path, methods in document["paths"].items() for method, operation in methods.items())
    title, text = escape(document["info"]["title"]), escape(document["info"]["description"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style><h1>{title}</h1>'
        f'<p>{text} The whole description: <a href="/openapi.json">openapi.json</a>.</p>'
        f"<table><tr><th>path<th>is<th>answers</tr>{rows}</table></html>"
    )


def _row(path: str, method: str, operation: dict[str, Any]) -> str:
    answers = "<br>".join(f"{status} {escape(one['description'])}" for status, one in operation["responses"].items())
    return f"<tr><td><code>{method.upper()} {escape(path)}</code><td>{escape(operation['summary'])}<td>{answers}</tr>"

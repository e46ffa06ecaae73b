"""Bodies by template: JSON in whose texts `{{name}}` stands for a fact of the alert, and nothing else does anything.

The template is read as JSON before anything is put into it, so what a visitor sent stays inside its text. A text that is one
placeholder and no more becomes the fact itself: a number stays a number.
"""

import re
from collections.abc import Mapping
from typing import Any

from schemas.codec import loads

Facts = Mapping[str, str | int]

PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
LONGEST = 16_384
"""Characters of a template."""

NAMES = (
    "title",
    "description",
    "who",
    "customer_id",
    "visitor_id",
    "subject",
    "site",
    "trigger",
    "page",
    "owner",
    "reason",
    "signal_id",
    "fired_at",
    "fired_ms",
    "due_at",
    "due_ms",
    "due_date",
)
"""Facts that a template may name; `_at` is ISO 8601, `_ms` Unix milliseconds, `_date` a day, UTC."""

SHIPPED: Mapping[str, str] = {
    "slack": '{"text": "{{title}}", "blocks": ['
    '{"type": "section", "text": {"type": "plain_text", "text": "{{title}}: {{who}}"}}, '
    '{"type": "context", "elements": [{"type": "plain_text", "text": "{{site}} {{page}} {{fired_at}}"}]}]}',
    "hubspot": '{"properties": {"hs_timestamp": "{{due_at}}", "hs_task_subject": "{{title}}: {{who}}", '
    '"hs_task_body": "{{description}}", "hs_task_status": "NOT_STARTED", "hs_task_priority": "MEDIUM", "hs_task_type": "TODO"}}',
    "salesforce": '{"Subject": "{{title}}: {{who}}", "Description": "{{description}}", "ActivityDate": "{{due_date}}", '
    '"Status": "Not Started", "Priority": "Normal"}',
}
"""Templates by name: a message of Slack's incoming webhooks, a task of HubSpot's CRM, a Task of Salesforce."""


def read_template(text: str) -> Any:
    """Return a template, shipped or written out. Raises ValueError, which says what is wrong, when it cannot be used."""
    text = SHIPPED.get(text, text)
    if len(text) > LONGEST:
        raise ValueError(f"it has more than {LONGEST} characters")
    try:
        found = loads(text)
    except ValueError as error:
        raise ValueError(f"it is none of {', '.join(SHIPPED)}, and no JSON: {error}") from None
    if not (found and isinstance(found, dict)):
        raise ValueError("a body is a JSON object that says something")
    unknown = sorted({name for part in _texts(found) for name in PLACE.findall(part)} - set(NAMES))
    if unknown:
        raise ValueError(f"it names {', '.join(unknown)}; there are {', '.join(NAMES)}")
    return found


def filled(template: Any, facts: Facts) -> Any:
    """Return a template with its placeholders replaced; keys of objects are left as they are."""
    if isinstance(template, str):
        whole = PLACE.fullmatch(template)
        return facts[whole[1]] if whole else PLACE.sub(lambda found: str(facts[found[1]]), template)
    if isinstance(template, dict):
        return {name: filled(value, facts) for name, value in template.items()}
    return [filled(one, facts) for one in template] if isinstance(template, list) else template


def _texts(template: Any) -> list[str]:
    if isinstance(template, str):
        return [template]
    inner = template.values() if isinstance(template, dict) else template if isinstance(template, list) else []
    return [text for one in inner for text in _texts(one)]

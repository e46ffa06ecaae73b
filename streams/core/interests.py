"""What an event is about: the categories that interests are counted in (docs/semantics.md, section 6)."""

from typing import Any

from streams.core.matching import FieldPath, texts_at

MAX_CATEGORY = 64
"""Characters of a category."""

MAX_PER_EVENT = 10
"""Categories that one event may count for."""

MAX_CATEGORIES = 40
"""Categories of a subject that are kept."""

TOP_INTERESTS = 20
"""Categories that are published."""


def categories_of(event: dict[str, Any], paths: tuple[FieldPath, ...]) -> list[str]:
    """Return the categories that the first place gives which holds any: trimmed, in lower case, each once."""
    for path in paths:
        texts = texts_at(event, path)
        if texts:
            found = list(dict.fromkeys([text.strip().lower()[:MAX_CATEGORY] for text in texts]))
            if found != [""]:
                return [category for category in found if category][:MAX_PER_EVENT]
    return []

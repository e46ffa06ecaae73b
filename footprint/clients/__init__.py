"""Typed clients of a tracking plan: one function for each event, written anew from the plan whenever it changes."""

from collections.abc import Mapping
from typing import Any

from footprint.clients import python, typescript
from footprint.clients.calls import calls_of

WRITERS = {"python": python.module, "typescript": typescript.module}


def written(plan: Mapping[str, Any], language: str) -> str:
    """Return the module for a plan that was read as right. The same plan gives the same text.

    Raises Misconfigured for an event whose name cannot become a function's, or becomes that of another event.
    """
    return WRITERS[language](calls_of(plan, language))

"""The lifecycle of a model, as it is written (docs/semantics.md, section 8)."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from streams.core.model_text import Duration, Strict
from streams.core.rules import DAY_MS
from streams.core.when_text import When

Stage = Literal["awareness", "consideration", "intent", "purchase", "loyalty", "advocacy"]


class StageRuleText(Strict):
    """The `count`-th event that matches moves to a stage: forward, or with `back` from any later stage."""

    to: Stage = Field(description="The stage that is reached.")
    when: When = Field(description="Events that move somebody there.")
    count: int = Field(default=1, ge=1, le=100, description="How many of them it takes.")
    back: bool = Field(default=False, description="Also from a later stage.")


class LifecycleText(Strict):
    """The lifecycle of a model: named rules, and the silence after which somebody is dormant."""

    dormant_after: Duration = Field(default=180 * DAY_MS, description="Silence after which somebody is dormant, and keeps the stage.")
    rules: Mapping[str, StageRuleText] = Field(min_length=1, description="Rules by name.")

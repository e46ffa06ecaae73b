"""The `when` of a model, as it is written: which events a rule or a trigger is about."""

from pydantic import Field

from schemas.kinds import Kind
from streams.core.model_text import Strict


class When(Strict):
    """What an event must be. Every named condition must hold; `name` and `path` are globs: `*`, `?` and `{a,b}`."""

    kind: tuple[Kind, ...] = Field(min_length=1, description="Kinds of events, one of them.")
    name: str | None = Field(default=None, description="A glob that the event's name must match: `*`, `?`, `{a,b}`.")
    path: str | None = Field(default=None, description="A glob that the path of its page must match.")
    channel: tuple[str, ...] = Field(default=(), description="Channels, one of them.")
    props: dict[str, str | int | float | bool] = Field(default_factory=dict, description="Properties and the values that they must have.")

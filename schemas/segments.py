"""Named filters over profiles: who is in one, and what a site has published."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Membership(BaseModel):
    """Whether a subject is in a segment: the last record of a key. A tombstone when nothing is left of the subject (merged or forgotten)."""

    model_config = ConfigDict(extra="forbid")

    site: str
    segment: str
    subject: str = Field(description="`c:` + customer or `v:` + visitor.")
    customer_id: str = ""
    visitor_id: str = ""
    state: Literal["in", "out"]
    since: int = Field(description="When it entered or left, Unix milliseconds. What only time brings has the moment at which it held.")
    version: str = Field(description="Version of the segments that said so.")
    why: list[str] = Field(description="Each condition of the segment, and what was so at that moment.")


class PublishedSegments(BaseModel):
    """The segments that a site has published."""

    model_config = ConfigDict(extra="forbid")

    site: str
    version: str
    text: str = Field(description="YAML as it was published.")
    published_at: int = Field(description="Unix milliseconds.")
    earlier: list[str] = Field(description="Versions before: none of them can be published again.")

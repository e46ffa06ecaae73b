"""Which visitor belongs to which customer."""

from pydantic import BaseModel, ConfigDict, Field

JUNK_IDS = frozenset(
    {
        "",
        "-1",
        "0",
        "00000000-0000-0000-0000-000000000000",
        "[object object]",
        "anonymous",
        "distinct_id",
        "distinctid",
        "email",
        "false",
        "guest",
        "id",
        "nan",
        "nil",
        "none",
        "not_authenticated",
        "null",
        "true",
        "undefined",
        "user",
        "userid",
        "user_id",
    }
)
"""Values that broken integrations send in place of an id, in lower case (list extended from PostHog's capture)."""

MAX_ID_LENGTH = 200


def usable_id(value: str) -> bool:
    """True when `value` can identify somebody: not a known junk value and at most 200 characters."""
    return len(value) <= MAX_ID_LENGTH and value.strip().strip("\"'").lower() not in JUNK_IDS


class Identity(BaseModel):
    """A record of the identities topic."""

    model_config = ConfigDict(extra="forbid")

    site: str
    visitor_id: str
    customer_id: str
    linked_at: int = Field(description="Event time of the link, Unix milliseconds.")
    event_id: str = Field(description="The identify or alias event that made the link.")
    version: int = Field(description="Grows with every change of this visitor's link.")

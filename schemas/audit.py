"""Entries of the audit log: who looked at what, and who changed what."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Action(StrEnum):
    """What somebody did."""

    LOOKED_AT_CUSTOMER = "looked_at_customer"
    LISTED_CUSTOMERS = "listed_customers"
    LOOKED_AT_ORIGINALS = "looked_at_originals"
    ASKED_QUESTION = "asked_question"
    EXPORTED = "exported"
    CHANGED_TASK = "changed_task"
    CALLED_WEBHOOK = "called_webhook"
    PUBLISHED = "published"
    CHANGED_USERS = "changed_users"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_REFUSED = "sign_in_refused"
    REFUSED = "refused"


class AuditEntry(BaseModel):
    """One entry of the audit log. Entries are only ever added; copies of an `entry_id` are the same entry."""

    model_config = ConfigDict(extra="forbid")

    entry_id: str
    at: int = Field(description="Unix milliseconds.")
    site: str = Field(default="", description="Empty for what belongs to none, such as a sign-in.")
    made_by: str = Field(
        description="User of the console, or `cli:` and the user of the machine; `(unknown)` when a name was tried that nobody has."
    )
    action: Action
    customer_id: str = Field(default="", description="Whom it was about; an erasure empties it.")
    who: str = Field(default="", description="The same as a keyed hash, as in `erasures`.")
    detail: str = Field(default="", description="Page, filters of a list, question, step or role. Never an id of a person.")
    address: str = Field(default="", description="Network it came from: /24 or /48.")

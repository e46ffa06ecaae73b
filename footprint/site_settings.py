"""The tables of the settings file: what an operator says of one website, and of one address that is told of signals."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sinks.webhooks.core.signing import read_key
from sinks.webhooks.core.templates import read_template


class TaskSettings(BaseModel):
    """What signals of a trigger make somebody do: `[sites.NAME.tasks.TRIGGER]` in the settings file, `"*"` for all other triggers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    owner: str = Field(default="", description="User of the console who has the task first; empty: the owner of the channel, else nobody.")
    channel: str = Field(default="", description="Channel whose owner answers, as in `[sites.NAME.owners]`: `forms`, `chat`, `campaigns`.")
    due_hours: float = Field(default=24.0, gt=0, le=8_760, description="Hours after the signal until it should be done.")
    escalate_to: str = Field(
        default="", description="Who has the task when it is not done in time; empty: it is only said that it is late."
    )
    title: str = Field(default="", max_length=200, description="What is to be done; empty: the trigger and the page.")


class SiteSettings(BaseModel):
    """One website: `[sites.NAME]` in the settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: tuple[str, ...] = Field(default=(), description="Write keys of the site.", repr=False)
    allowed_origins: tuple[str, ...] = Field(default=(), description="Origins browsers may send from; empty: every origin.")
    session_gap_s: int = Field(default=1800, ge=60, le=28_800, description="Silence that ends a session, seconds.")
    automation: Literal["label", "ignore"] = Field(
        default="label", description="`ignore`: webdriver and headless browsers count as human (a test site)."
    )
    traffic_allow: tuple[str, ...] = Field(
        default=(), description="Traffic that is never a machine's: networks (CIDR), or text of the user agent."
    )
    traffic_deny: tuple[str, ...] = Field(
        default=(), description="Traffic that is a machine's, unless allowed: networks (CIDR), or text of the user agent."
    )
    ip: Literal["truncate", "full", "drop"] = Field(default="truncate", description="What is kept of a visitor's address.")
    dnt: bool = Field(default=False, description="Honour `DNT: 1` as well as `Sec-GPC: 1`.")
    mode: Literal["js", "server", "none"] = Field(
        default="js", description="Who keeps the visitor's id: the snippet, a cookie of the collector, or nobody."
    )
    cookie: bool = Field(
        default=False, description='Set the cookie `fp_id` with the answers to a browser\'s events; needs `mode = "server"`.'
    )
    anonymous: bool = Field(default=False, description="Keep no ids of browsers: a visitor is a hash that changes every day.")
    hash_ids: bool = Field(default=False, description="Keep visitor and customer ids only as keyed hashes (the newest secret key).")
    rate_per_key: float | None = Field(
        default=None, gt=0, description="Events per second that one key may send, two seconds' worth at once; more is refused with 429."
    )
    scores: str = Field(
        default="shop", description="Scoring model until one is published: `shop`, `b2b`, or a YAML file beside the settings file."
    )
    triggers: str = Field(
        default="shop", description="Triggers until some are published: `shop`, `b2b`, or a YAML file beside the settings file."
    )
    email_topics: dict[str, str] = Field(
        default_factory=dict, description="E-mails that a customer may choose among, on the page of preferences: name and title."
    )
    email_hooks: dict[Literal["sendgrid", "mailgun", "postmark", "ses"], str] = Field(
        default_factory=dict,
        description="E-mail providers whose webhooks are taken, and what proves them: SendGrid's verification key, Mailgun's signing key, "
        "a secret of your own for Postmark, the ARNs of SNS topics for SES. Several are separated by commas.",
        repr=False,
    )
    email_links_visitors: bool = Field(
        default=False,
        description="The visitor who lands by the click of an e-mail, and reads the page, is linked to its customer, as by `identify`.",
    )
    me_fields: tuple[Literal["stage", "scores", "bands", "interests", "segments", "preferences", "consent"], ...] | None = Field(
        default=None, description="Fields of a visitor's own profile that `GET /v1/me` tells; not set: those of `me_fields` for all sites."
    )
    customer_token_keys: tuple[str, ...] = Field(
        default=(),
        description="Keys with which the site's server signs who a visitor is, for `GET /v1/me`; each at least 32 characters.",
        repr=False,
    )
    plan: Path | None = Field(default=None, description="Tracking plan until one is published (YAML or JSON), beside the settings file.")
    tasks: dict[str, TaskSettings] = Field(
        default={"*": TaskSettings()},
        description="What signals make somebody do, by trigger ([how to](../how-to/tasks.md)); empty: signals open no tasks.",
    )
    owners: dict[str, str] = Field(default={}, description='Who answers which channel: `forms = "fay"`, names of users of the console.')


class WebhookSettings(BaseModel):
    """One address that is told of signals, escalations of tasks, or both: `[webhooks.NAME]` in the settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(description="Where calls go, `https://...`. Redirects are not followed.", repr=False)
    keys: tuple[str, ...] = Field(
        min_length=1, description="Keys that sign, newest last: `whsec_` and base64, or at least 16 characters of text.", repr=False
    )
    shape: Literal["json", "slack", "task"] = Field(
        default="json", description="What a call says: the whole signal, a message for a chat, or a task for a person."
    )
    template: str = Field(
        default="",
        description="Body of a call, in place of `shape`: `slack`, `hubspot`, `salesforce`, or JSON of your own with `{{names}}`.",
    )
    authorization: str = Field(default="", description="Value of the header `Authorization`, where the receiver asks for one.", repr=False)
    tells: tuple[Literal["signals", "escalations"], ...] = Field(
        default=("signals",), min_length=1, description="What it is told of: `signals` that fire, `escalations` of tasks not done in time."
    )
    sites: tuple[str, ...] = Field(default=(), description="Only of these sites; empty: of all.")
    triggers: tuple[str, ...] = Field(
        default=(), description="Only signals of these triggers, and tasks that these opened; empty: all, also tasks that somebody wrote."
    )

    @field_validator("url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise ValueError("write an address as https://host/path, without user and password")
        return value

    @field_validator("template")
    @classmethod
    def _can_be_filled(cls, value: str) -> str:
        try:
            if value:
                read_template(value)
        except ValueError as error:
            raise ValueError(f"the template cannot be used: {error}") from None
        return value

    @field_validator("authorization")
    @classmethod
    def _is_a_header(cls, value: str) -> str:
        if not (value.isascii() and value.isprintable()):
            raise ValueError("it is no value of a header: write `Bearer` and the token, on one line")
        return value

    @field_validator("keys")
    @classmethod
    def _can_sign(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for key in value:
            try:
                read_key(key)
            except ValueError as error:
                raise ValueError(f"a key cannot sign: {error}; `openssl rand -base64 32` makes one, write whsec_ before it") from None
        return value

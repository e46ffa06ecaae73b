"""The first label of an e-mail's open or click, from what it says by itself; the subject knows the rest (docs/semantics.md, section 9)."""

from typing import Any

from schemas.kinds import Kind
from streams.core.mail_agents import Asked, MailAgents
from streams.core.mail_labels import Label, Reasons, label_of

OPEN, CLICK = Kind.EMAIL_OPEN.value, Kind.EMAIL_CLICK.value
HITS = frozenset({OPEN, CLICK})
TRAFFIC: dict[Label, str] = {"machine_certain": "bot", "machine_probable": "suspect"}
"""What a label makes of an event among all others; any other label is a person's."""

OF_THE_PROXY = ("ip", "country", "browser", "os", "device")
"""Facts of the request that say nothing of whoever looks at an image that a proxy fetches."""


def put_label(tracked: dict[str, Any], agents: MailAgents, *, crawler: bool) -> None:
    """Put the label and the reasons that a hit has by itself. Of a proxy's open no address, place or device is kept."""
    hint = tracked.get("props", {}).get("hint", "")
    asked = Asked(
        "click" if tracked["kind"] == CLICK else "open",
        hint if type(hint) is str else "",
        tracked.get("ip", ""),
        tracked.get("user_agent", ""),
        crawler,
    )
    facts = facts_of(agents.reasons(asked))
    tracked |= {name: value for name, value in facts.items() if value and value != "human"}  # these are the defaults
    if facts["email_label"] == "proxied":
        for name in OF_THE_PROXY:
            tracked.pop(name, None)


def facts_of(reasons: Reasons) -> dict[str, Any]:
    """Return what reasons come to, as fields of a tracked event or of a correction."""
    label = label_of(reasons)
    facts: dict[str, Any] = {"email_label": label, "traffic": TRAFFIC.get(label, "human"), "traffic_reasons": list(reasons)}
    return facts

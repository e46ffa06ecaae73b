"""What the provider that sends the letters reports of them, in the form of Postmark's webhooks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from footprint.demo.campaign.recipients import Recipient
from footprint.demo.visitor import MINUTE

Report = dict[str, Any]


def reports(recipient: Recipient, message: str, *, sent_ms: int, now_ms: int) -> Iterator[Report]:
    """Yield what is reported of the letter to a recipient. Where a scanner sits, it has been delivered only now."""
    about = {
        "MessageID": f"{message}-{recipient.customer}",
        "Metadata": {"footprint_customer": recipient.customer, "footprint_message": message},
    }
    if recipient.habit == "bounces":
        gone = {"RecordType": "Bounce", "ID": 4711, "Type": "HardBounce", "Email": recipient.address, "BouncedAt": _iso(sent_ms + MINUTE)}
        yield about | gone | {"Description": "There is no such mailbox."}
        return
    delivered_ms = now_ms if recipient.habit == "scanned" else sent_ms + MINUTE
    yield about | {"RecordType": "Delivery", "Recipient": recipient.address, "DeliveredAt": _iso(delivered_ms)}
    if recipient.habit == "complains":
        yield about | {"RecordType": "SpamComplaint", "ID": 4712, "Email": recipient.address, "BouncedAt": _iso(now_ms)}


def _iso(moment_ms: int) -> str:
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

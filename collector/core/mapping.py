"""Event names of Segment's specs and the kinds they become; the name itself is kept."""

from schemas.kinds import Kind

KIND_OF_NAME: dict[str, Kind] = {
    "Order Completed": Kind.PURCHASE,
    "Order Refunded": Kind.REFUND,
    "Form Started": Kind.FORM_START,
    "Form Submitted": Kind.FORM_SUBMIT,
    "Form Abandoned": Kind.FORM_ABANDON,
    "Chat Started": Kind.CHAT_START,
    "Chat Message": Kind.CHAT_MESSAGE,
    "Chat Ended": Kind.CHAT_END,
    "Email Sent": Kind.EMAIL_SENT,
    "Email Delivered": Kind.EMAIL_DELIVERED,
    "Email Opened": Kind.EMAIL_OPEN,
    "Email Link Clicked": Kind.EMAIL_CLICK,
    "Email Bounced": Kind.EMAIL_BOUNCE,
    "Email Marked as Spam": Kind.EMAIL_COMPLAINT,
    "Email Unsubscribed": Kind.EMAIL_UNSUBSCRIBE,
    "Preference Updated": Kind.PREFERENCE,
    "Consent Updated": Kind.CONSENT,
}
"""Names of `track` calls; every other name is `custom`."""

KIND_OF_TYPE: dict[str, Kind] = {
    "page": Kind.PAGE_VIEW,
    "screen": Kind.PAGE_VIEW,
    "identify": Kind.IDENTIFY,
    "group": Kind.GROUP,
    "alias": Kind.ALIAS,
}
"""Message types whose kind does not depend on a name."""

TYPES = ("track", *KIND_OF_TYPE)
"""Every message type."""

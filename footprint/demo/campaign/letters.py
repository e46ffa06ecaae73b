"""A letter of the campaign: written with the addresses that footprint signs, and read as a mail program shows it."""

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from html.parser import HTMLParser

from footprint.demo.campaign.recipients import Recipient
from footprint.demo.cast import SHOP
from footprint.email import Mail

SENDER = "Oak & Lamp <letters@shop.example>"
SUBJECT = "What is new this winter"
CAMPAIGN = "winter"
MESSAGE = "winter-2026-1"
SOURCE = f"utm_source=newsletter&utm_medium=email&utm_campaign={CAMPAIGN}"
OFFERS = (("/products/oak-desk", "The oak desk, now wider"), ("/products/lamp-arc", "A lamp for long evenings"), ("/pricing", "All prices"))
UNFOLDED = SMTP.clone(max_line_length=998)
"""The longest line that SMTP allows: Python folds a shorter one within an address, into encoded words that no mail program reads as one."""
TRAP = 0
"""Place of the link that nobody sees: who follows it reads letters by machine."""


@dataclass(slots=True)
class Letter:
    """What a letter offers to whoever reads it: links that are seen, all that there are, the image, and the addresses to unsubscribe."""

    recipient: str
    pixel: str = ""
    seen: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    one_click: str = ""


def write(recipient: Recipient, mail: Mail) -> EmailMessage:
    """Return the letter to a recipient: text and HTML, links and an image that are counted, and the header pair of RFC 8058."""
    letter = EmailMessage(UNFOLDED)
    letter["From"], letter["To"], letter["Subject"] = SENDER, f"{recipient.name} <{recipient.address}>", SUBJECT
    for name, value in mail.headers().items():
        letter[name] = value
    links = [(mail.link(f"{SHOP}{path}?{SOURCE}", index=place), title) for place, (path, title) in enumerate(OFFERS, 1)]
    letter.set_content("\n\n".join([f"Dear {recipient.name}", *(f"{title}: {url}" for url, title in links)]))
    offers = "".join(f'<p><a href="{escape(url)}">{escape(title)}</a></p>' for url, title in links)
    trap = f'<a href="{escape(mail.link(SHOP, index=TRAP))}" style="display:none" tabindex="-1" aria-hidden="true"></a>'
    leave = f'<p><a href="{escape(mail.unsubscribe())}" rel="unsubscribe">Your e-mails</a></p>'
    pixel = f'<img src="{escape(mail.pixel())}" width="1" height="1" alt="">'
    letter.add_alternative(f"<p>Dear {escape(recipient.name)}</p>{offers}{trap}{leave}{pixel}", subtype="html")
    return letter


def read(message: EmailMessage) -> Letter:
    """Return what a letter offers, found as a mail program finds it: in its HTML and its headers."""
    letter = Letter(str(message["To"].addresses[0].addr_spec), one_click=_one_click(message))
    page = message.get_body(("html",))
    if page is not None:
        _Page(letter).feed(page.get_content())
    return letter


def _one_click(message: EmailMessage) -> str:
    """Return the address that a mail program's own button posts to; empty unless the letter allows it."""
    allowed = message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return str(message["List-Unsubscribe"]).strip().strip("<>") if allowed else ""


class _Page(HTMLParser):
    def __init__(self, letter: Letter) -> None:
        super().__init__()
        self._letter = letter

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "img":
            self._letter.pixel = told.get("src", "")
        elif tag == "a":
            self._letter.links.append(told.get("href", ""))
            if "display:none" not in told.get("style", "") and told.get("rel") != "unsubscribe":
                self._letter.seen.append(told.get("href", ""))

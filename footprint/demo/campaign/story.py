"""The campaign from the first letter to the last page that somebody reads: sent over SMTP, reported by a provider, opened and clicked."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import urlsplit

import httpx2

from footprint.demo.campaign import letters
from footprint.demo.campaign.habits import LIVES, Fetch
from footprint.demo.campaign.letters import CAMPAIGN, MESSAGE, Letter
from footprint.demo.campaign.mailbox import Mailbox, send
from footprint.demo.campaign.recipients import HABITS, READERS, Recipient, recipients
from footprint.demo.campaign.reports import reports
from footprint.demo.cast import BROWSERS, PLACES
from footprint.demo.day import Post
from footprint.demo.sending import send_posts
from footprint.demo.visitor import MINUTE, SERVER, SNIPPET, Visitor
from footprint.email import Sender
from schemas.errors import Retryable

SECRET = "the-demo-provider"  # noqa: S105 - of a line that lives for a minute
SETTINGS = f"""
[sites.demo]
keys = ["demo"]
email_hooks = {{ postmark = "{SECRET}" }}
email_links_visitors = true
email_topics = {{ letters = "Letters of the season" }}
"""
"""What a site needs for it, as `footprint.toml`."""

SENT_AGO_MS = 30 * MINUTE
READING_S = 2.2
"""Whoever reads a page reads it at least so long, while the demo waits."""


LETTERS = sum(count for _, count in HABITS)


def run_campaign(sender: Sender, site: str, key: str, random: Random) -> int:
    """Send the campaign of a site, let everybody do what they do, and return how many events the collector has accepted.

    Raises Retryable when something does not answer as it must.
    """
    with httpx2.Client(base_url=sender.address, timeout=30, follow_redirects=False) as client:
        campaign = _Campaign(sender, site, key, random, client)
        try:
            campaign.run()
        except httpx2.TransportError as error:
            raise Retryable(f"The collector does not answer: {error}. Run the demo again.") from error
    return campaign.events


@dataclass(slots=True)
class _Campaign:
    sender: Sender
    site: str
    key: str
    random: Random
    client: httpx2.Client
    events: int = 0
    _landings: list[tuple[Visitor, float]] = field(default_factory=list)

    def run(self) -> None:
        everybody = {recipient.address: recipient for recipient in recipients(self.random)}
        taken = self._sent(list(everybody.values()))
        self._report(list(everybody.values()))
        for letter in sorted(taken, key=lambda one: everybody[one.recipient].habit not in READERS):  # the others come while these read
            for fetch in LIVES[everybody[letter.recipient].habit](letter, self.random):
                self._fetch(fetch)
        self._read_pages()

    def _sent(self, everybody: list[Recipient]) -> list[Letter]:
        """Send every letter, tell the collector so, and return what arrived."""
        mails = [self.sender.mail(site=self.site, message=MESSAGE, customer=one.customer) for one in everybody]
        with Mailbox() as mailbox:
            send((letters.write(one, mail) for one, mail in zip(everybody, mails, strict=True)), mailbox.port)
            taken = [letters.read(letter) for letter in mailbox.letters()]
        self._tell(SERVER, [message for one in everybody for message in self._sending(one)])
        return taken

    def _sending(self, recipient: Recipient) -> Iterator[dict[str, Any]]:
        shop = self._visitor(_now_ms() - SENT_AGO_MS)
        shop.customer_id = recipient.customer
        shop.server("Email Sent", message_id=MESSAGE, campaign=CAMPAIGN)
        yield from (one.stamped() for one in shop.sent)

    def _report(self, everybody: list[Recipient]) -> None:
        now_ms = _now_ms()
        told = [report for one in everybody for report in reports(one, MESSAGE, sent_ms=now_ms - SENT_AGO_MS, now_ms=now_ms)]
        for report in (*told, told[0]):  # providers tell twice what they are not sure of
            _require(self.client.post(f"/hooks/postmark/{self.site}", params={"secret": SECRET}, json=report), 200)
        self.events += len(told)

    def _fetch(self, fetch: Fetch) -> None:
        """Ask for an address as somebody at another address would, and open the page that it leads to."""
        headers = {"User-Agent": fetch.user_agent, "X-Forwarded-For": fetch.address}
        if fetch.form is not None:
            _require(self.client.post(fetch.url, headers=headers, data=dict(fetch.form)), 200)
        else:
            answer = _require(self.client.get(fetch.url, headers=headers), 302 if "/e/c/" in fetch.url else 200)
            if fetch.reads:
                self._land(answer.headers["location"], fetch)
        self.events += fetch.form is not None or "/e/u/" not in fetch.url  # to look at the page of preferences is no event

    def _land(self, address: str, fetch: Fetch) -> None:
        visitor = self._visitor(_now_ms(), fetch.address)
        page = urlsplit(address)
        visitor.arrive(page.path, query=page.query)
        self._tell(SNIPPET, [one.stamped() for one in visitor.sent])
        self._landings.append((visitor, time.monotonic()))

    def _read_pages(self) -> None:
        """Let everybody who has landed read a while, in real time, and tell it as the snippet does."""
        time.sleep(max(0.0, self._landings[-1][1] + READING_S - time.monotonic()))
        for visitor, since in self._landings:
            spent = time.monotonic() - since
            visitor.sent.clear()
            visitor.now = _now_ms() - int(spent * 1000) - 1000  # nothing is told of the future
            visitor.read(spent, spent)
        self._tell(SNIPPET, [one.stamped() for visitor, _ in self._landings for one in visitor.sent])

    def _tell(self, library: str, messages: list[dict[str, Any]]) -> None:
        self.events += send_posts([Post(library, messages)], self.client, self.key)

    def _visitor(self, now_ms: int, address: str = "") -> Visitor:
        browser, (language, _) = self.random.choice(BROWSERS), self.random.choice(PLACES)
        return Visitor(self.random, browser, language, address, now_ms)


def _require(answer: httpx2.Response, status: int) -> httpx2.Response:
    if answer.status_code != status:
        raise Retryable(f"The collector answers {answer.request.url} with {answer.status_code}, not {status}. Run the demo again.")
    return answer


def _now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)

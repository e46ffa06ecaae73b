"""A mail server for whoever it is: takes every letter over SMTP and keeps it."""

from collections.abc import Iterable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as LINES
from smtplib import SMTP, SMTPException
from typing import Self

from aiosmtpd import smtp
from aiosmtpd.controller import Controller

from footprint.demo.line import free_ports
from schemas.errors import Retryable

HOST = "127.0.0.1"
TAKEN = "250 Message accepted for delivery"
PATIENCE_S = 15.0


class Mailbox:
    """A running SMTP server on a free port of this machine, in a thread of its own. Use as a context manager."""

    def __init__(self) -> None:
        self._taken: list[bytes] = []
        [self.port] = free_ports(1)
        self._server = Controller(self, hostname=HOST, port=self.port)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    async def handle_DATA(self, server: smtp.SMTP, session: smtp.Session, envelope: smtp.Envelope) -> str:  # noqa: ARG002, N802 - aiosmtpd calls it so
        """Keep a letter; aiosmtpd calls this for each, in its own thread."""
        assert isinstance(envelope.content, bytes)  # as long as the server decodes nothing
        self._taken.append(envelope.content)
        return TAKEN

    def letters(self) -> list[EmailMessage]:
        """Return the letters that were taken, in the order in which they came."""
        return [_parsed(content) for content in self._taken]


def send(letters: Iterable[EmailMessage], port: int) -> None:
    """Send letters over SMTP, one connection for all; raises Retryable when one is not taken."""
    try:
        with SMTP(HOST, port, timeout=PATIENCE_S) as connection:
            for letter in letters:
                connection.send_message(letter)
    except (OSError, SMTPException) as error:
        raise Retryable(f"The demo's mail server does not take its letters: {error}. Run the demo again.") from error


def _parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=LINES)
    assert isinstance(message, EmailMessage)
    return message

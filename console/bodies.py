"""No form of the console is large: more is refused before it is read into memory, whoever sends it."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 1024 * 1024
"""Bytes: a plan of 256 KiB, each of its letters escaped, and room."""


class SmallBodies:
    """Middleware in front of an application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; raises HTTPException 413 to the application that reads more than a form may have."""
        taken = 0

        async def receive_some() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LARGEST:
                raise HTTPException(413, "This form is too large. Send less.")
            return message

        await self._app(scope, receive_some if scope["type"] == "http" else receive, send)

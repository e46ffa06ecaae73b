"""A session of the console: a signed cookie that says who, since when, and which token its forms carry. No two sessions have the same token."""

import hmac
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from itsdangerous import BadData, URLSafeSerializer

SALT = "footprint-console-session"
LIFE_MS = 12 * 3_600_000
"""A working day; then the password is asked again."""

TOLD_LIFE_MS = 4 * 3_600_000
"""Then the service that told who it is is asked again: who was taken away there is out by then."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in. `began_at` is Unix milliseconds; `csrf` is what every form of this session must send back.

    `told` is what the service said that signed the user in, None for a user of our own with a password.
    """

    user: str
    began_at: int
    csrf: str
    told: Sequence[str] | None = None

    def guards(self, token: str) -> bool:
        """Return whether a form was made by this session."""
        return hmac.compare_digest(self.csrf.encode(), token.encode())


class SessionCookies:
    """Signs sessions and reads them back. `keys` are newest last, as for links; all of them are understood."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._serializer = URLSafeSerializer(list(keys), salt=SALT)

    def sign(self, session: Session) -> str:
        """Return the cookie's value."""
        return str(self._serializer.dumps(asdict(session)))

    def read(self, value: str, now_ms: int) -> Session | None:
        """Return the session of a cookie, None when nobody signed it, or when it is over."""
        try:
            session = Session(**self._serializer.loads(value))
        except (BadData, TypeError):
            return None
        life = LIFE_MS if session.told is None else TOLD_LIFE_MS
        return session if 0 <= now_ms - session.began_at < life else None

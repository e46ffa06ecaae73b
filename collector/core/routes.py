"""Which path is which entry. Every path also has a form with a final `/`; none is ever redirected."""

from dataclasses import dataclass
from typing import Literal

Form = Literal["batch", "single", "pixel", "discard", "mail"]


@dataclass(frozen=True, slots=True)
class Route:
    """One entry: the form of its requests, the type a message has when it names none, and the methods it knows.

    The form `mail` is an address in an e-mail, of which the token is a part (`collector.core.mail_hits`).
    """

    name: str
    form: Form
    type: str = ""
    methods: tuple[str, ...] = ("POST",)
    own_device: bool = False


TYPES = {"track": "t", "identify": "i", "page": "p", "screen": "s", "group": "g", "alias": "a"}
"""Message types and the short paths that analytics.js uses."""


def _routes() -> dict[str, Route]:
    routes = {"/beacon/v1/batch": Route("beacon", "batch", own_device=True)}
    for prefix in ("/v1", ""):
        routes |= {f"{prefix}/{path}": Route("batch", "batch") for path in ("batch", "import", "b")}
        routes[f"{prefix}/m"] = Route("sdk_metrics", "discard")
        for name, short in TYPES.items():
            routes[f"{prefix}/{name}"] = routes[f"{prefix}/{short}"] = Route(name, "single", name)
    for name in TYPES:
        routes[f"/v1/pixel/{name}"] = Route("pixel", "pixel", name, ("GET", "HEAD"), own_device=True)
    return routes | {f"{path}/": route for path, route in routes.items()}


ROUTES = _routes()
"""Every ingest path."""

OPEN = Route("open", "mail", methods=("GET", "HEAD"), own_device=True)
CLICK = Route("click", "mail", methods=("GET", "HEAD"), own_device=True)
MAILED = {"/e/o/{token}.gif": OPEN, "/e/c/{token}": CLICK}
"""The addresses in e-mails that count a hit; the token may be anything."""

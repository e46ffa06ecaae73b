"""What a page's address says: host, path, campaign and click id."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

OWN_CLICK = "fp_click="
"""What the collector adds to the address that a link of an e-mail leads to: `fp_click=<id of the click>`."""

CLICK_IDS = (
    "fp_click",
    "gclid",
    "gbraid",
    "wbraid",
    "dclid",
    "msclkid",
    "fbclid",
    "ttclid",
    "twclid",
    "li_fat_id",
    "epik",
    "rdt_cid",
    "yclid",
    "mc_cid",
)
"""Parameters that advertising and e-mail systems add to a link, the first found counts."""

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
MAX_VALUE = 256


class Page(NamedTuple):
    """The parts of an address; `utm` in the order of `UTM`; `click_id` as `name=value`, empty when there is none."""

    host: str = ""
    path: str = ""
    utm: tuple[str, ...] = ("", "", "", "", "")
    click_id: str = ""


NO_PAGE = Page()


@lru_cache(maxsize=16_384)
def page_of(url: str) -> Page:
    """Return the parts of an address. One that cannot be read has none."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return NO_PAGE
    path = parts.path or ("/" if host else "")
    if not parts.query:
        return Page(host, path)
    found = {name.lower(): value[:MAX_VALUE] for name, value in reversed(parse_qsl(parts.query, max_num_fields=None))}
    click = next((f"{name}={found[name]}" for name in CLICK_IDS if name in found), "")
    return Page(host, path, tuple(found.get(name, "") for name in UTM), click)

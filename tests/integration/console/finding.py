"""Finds an address for every page of the console: pages without parameters by their route, the others by links that lead to them."""

import html
import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import httpx2

from console.pages import PAGES

TRIES = 3
"""Links to one page that are followed until one of them leads there."""

LINK = re.compile(r'(?:href|hx-get|action)="(/s/[^"]+)"')


@dataclass(frozen=True)
class Found:
    """One page: its route, an address of it, and whether it is a whole page rather than a piece or a file."""

    template: str
    address: str
    whole: bool


def routes():
    """Return the routes of every page that is asked for by GET."""
    return [route for over in PAGES if "GET" in (route := over(None)).methods]


@contextmanager
def client_of(filled):
    """Give a client that is signed in."""
    with httpx2.Client(base_url=filled.base, timeout=60) as client:
        answer = client.post("/sign-in", data={"name": filled.name, "password": filled.password})
        assert answer.status_code == 303, answer.text
        yield client


def find_pages(filled):
    """Return every page that can be found, and the routes that nothing leads to."""
    waiting = {route.path_format: route for route in routes()}
    links = [route.path_format.replace("{site}", filled.site) for route in waiting.values() if route.path_format.count("{") == 1]
    found, tried = {}, Counter()
    with client_of(filled) as client:
        while links:
            address = links.pop(0)
            template = _route_of(urlsplit(address).path, waiting)
            if template is None or template in found or tried[template] == TRIES:
                continue
            tried[template] += 1
            answer = client.get(address)
            if answer.status_code == 200:
                found[template] = Found(template, address, answer.text.lstrip().lower().startswith("<!doctype"))
                links += [html.unescape(link) for link in LINK.findall(answer.text)]
    return list(found.values()), sorted(waiting.keys() - found.keys())


def _route_of(path, waiting):
    return next((name for name, route in waiting.items() if route.path_regex.match(unquote(path))), None)

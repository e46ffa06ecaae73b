"""Every page of the console, from its own table of routes: a page that is added is taken up by itself."""

from dataclasses import dataclass

from console.pages import PAGES

USUAL = {"name": "funnel", "customer": "c1", "reason": "no_id"}
"""Values of parameters in paths; another one is 1."""


@dataclass(frozen=True)
class Page:
    """One way to ask for a page of a site."""

    method: str
    path: str
    template: str


class _Given(dict):
    def __missing__(self, _):
        return 1


def pages(site="shop", **given):
    """Return every page of a site, with the parameters of its path filled; POST ones too."""
    values = _Given(USUAL | given | {"site": site})
    found = [(route, method) for over in PAGES if (route := over(None)) for method in sorted(route.methods - {"HEAD"})]
    return [Page(method, route.path_format.format_map(values), route.path_format) for route, method in found]

"""What a line has stored of one site."""

from tests.support.commands import ask
from tests.support.waiting import eventually


def stored_kinds(line, site, expected):
    """Return the number of rows of each kind, once it is `expected`; fails with what is there when it never is."""

    def as_expected():
        found = {kind: int(count) for kind, count in ask(line, f"SELECT kind, count() FROM events WHERE site = '{site}' GROUP BY kind")}
        assert found == expected
        return found

    return eventually(as_expected, 60, every=0.2)

"""Customers who must not be stored any more: kept as keyed hashes, so that the list does not name whom it protects."""

from collections.abc import Iterable

from collector.core.signing import derive, pseudonym


def entry_of(secret: str, site: str, customer: str) -> str:
    """Return the line that stands for one customer of one site."""
    return pseudonym(derive(secret, "suppression", site), customer)


class Suppressions:
    """The list, as it is asked for every event that names a customer."""

    def __init__(self, secret: str = "", entries: Iterable[str] = ()) -> None:
        self._secret = secret
        self._entries = frozenset(entries)
        self._keys: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def holds(self, site: str, customer: str) -> bool:
        """True when nothing about this customer may be stored."""
        if not self._entries:
            return False
        key = self._keys.get(site)
        if key is None:
            key = self._keys[site] = derive(self._secret, "suppression", site)
        return pseudonym(key, customer) in self._entries


def read_entries(content: bytes) -> list[str]:
    """Read a suppression file: one entry a line; a last line that was not finished does not count."""
    whole, _, _ = content.rpartition(b"\n")
    return [line.strip() for line in whole.decode("ascii", "replace").splitlines() if line.strip()]

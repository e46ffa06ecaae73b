"""A state value that has grown out of all proportion loses its oldest details instead of stopping its partition.

Every core bounds what it keeps; this is what stands behind those bounds. Long containers of a value are lists in order and
objects in the order of their keys' arrival: the older half of the largest one goes, until the value fits.
"""

from collections.abc import Iterator
from typing import Any

from schemas.codec import dumps
from streams.core.work import Value

LARGEST = 1024 * 1024
"""Bytes of a state value. A thousand times the usual: a partition rewrites it with every transaction that touches it."""

LONG = 64
"""Containers of up to so many entries are records of fixed fields, or short anyway, and stay whole."""


def trim(value: Value, largest: int = LARGEST) -> bool:
    """Drop details from a value, in place, until its JSON has at most `largest` bytes; True when that was possible."""
    while len(dumps(value)) > largest:
        found = max(_long(value), key=lambda container: len(dumps(container)), default=None)
        if found is None:
            return False
        _halve(found)
    return True


def _long(container: Any) -> Iterator[Any]:
    """Yield the longest containers that hold no other long one."""
    inner = container.values() if isinstance(container, dict) else container
    before = False
    for one in inner:
        if isinstance(one, (dict, list)):
            for found in _long(one):
                before = True
                yield found
    if len(container) > LONG and not before:
        yield container


def _halve(container: Any) -> None:
    if isinstance(container, dict):
        for key in list(container)[: len(container) // 2]:
            del container[key]
    else:
        del container[: len(container) // 2]

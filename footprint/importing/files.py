"""Opens what is to be imported and yields its lines: plain, gzip or zstd by the first bytes, `-` is standard input."""

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from schemas.errors import Misconfigured

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
MAX_LINE = 1024 * 1024
"""A longer line is cut here: it can be no event."""


class Counting(io.RawIOBase):
    """Passes bytes on and says how many went through: the compressed ones, which a progress bar can compare with the file's size."""

    def __init__(self, raw: BinaryIO, advance: Callable[[int], None]) -> None:
        self._raw, self._advance = raw, advance

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: object) -> int:
        """Read into `buffer`; return how many bytes came, 0 at the end."""
        view = memoryview(cast("bytearray", buffer))
        chunk = self._raw.read(len(view))
        view[: len(chunk)] = chunk
        self._advance(len(chunk))
        return len(chunk)


def lines_of(name: str, advance: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
    """Yield the lines of a file without their ends; `advance` gets the number of bytes read from the disk.

    Raises Misconfigured when the file cannot be read or its compression is damaged.
    """
    try:
        with _opened(name, advance) as source:
            while line := source.readline(MAX_LINE):
                _swallow_rest(source, line)
                yield line.rstrip(b"\r\n")
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        problem = getattr(error, "strerror", None) or error
        raise Misconfigured(f"Cannot read {name}: {problem}. Repair the file and run the same import again: it continues.") from None


def size_of(names: list[str]) -> int | None:
    """Return the size of all files together, None when one has no size (standard input)."""
    paths = [Path(name) for name in names]
    return sum(path.stat().st_size for path in paths) if all(path.is_file() for path in paths) else None


@contextmanager
def _opened(name: str, advance: Callable[[int], None]) -> Iterator[BinaryIO]:
    with ExitStack() as stack:  # the readers over a file do not all close it
        raw = sys.stdin.buffer if name == "-" else stack.enter_context(Path(name).open("rb"))
        yield _unpacked(io.BufferedReader(Counting(raw, advance), 256 * 1024))


def _unpacked(packed: io.BufferedReader) -> BinaryIO:
    start = packed.peek(4)[:4]
    if start.startswith(GZIP):
        return cast("BinaryIO", gzip.GzipFile(fileobj=packed))
    if start == ZSTD:
        reader = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
        return cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", reader)))
    return packed


def _swallow_rest(source: BinaryIO, line: bytes) -> None:
    while len(line) >= MAX_LINE and not line.endswith(b"\n"):
        line = source.readline(MAX_LINE)
        if not line:
            return

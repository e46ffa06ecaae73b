"""Bodies of requests and answers in the encodings that ClickHouse's clients use."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import lz4.frame
import zstandard

PREFERRED = ("lz4", "zstd", "gzip")
GZIP_WINDOW = 31
"""zlib's window bits for a gzip frame."""


class Unsupported(ValueError):
    """An encoding that is not spoken here."""


def decompressed(body: bytes, encoding: str) -> bytes:
    """Return a request's body without its Content-Encoding; raises Unsupported, or ValueError when it is damaged."""
    readers: dict[str, Callable[[bytes], bytes]] = {
        "": bytes,
        "identity": bytes,
        "lz4": lz4.frame.decompress,
        "gzip": gzip.decompress,
        "deflate": zlib.decompress,
        "zstd": _unzstd,
    }
    if encoding not in readers:
        raise Unsupported(f"Content-Encoding {encoding!r} is not known here. Use lz4, zstd, gzip, deflate or none.")
    try:
        return readers[encoding](body)
    except (RuntimeError, OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise ValueError(f"The body is not {encoding}: {error}. Send it whole.") from None


def _unzstd(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


def chosen(accepted: str) -> str:
    """Return the encoding of an answer for an Accept-Encoding header, empty for none."""
    offered = {item.split(";")[0].strip() for item in accepted.split(",")}
    return next((name for name in PREFERRED if name in offered), "")


def compressed(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Yield the chunks in the encoding, each as soon as it is there."""
    if not encoding:
        yield from chunks
        return
    begin, compress, finish = _compressor(encoding)
    yield begin
    for chunk in chunks:
        yield compress(chunk)
    yield finish()


def _compressor(encoding: str) -> tuple[bytes, Callable[[bytes], bytes], Callable[[], bytes]]:
    if encoding == "lz4":
        frame: Any = lz4.frame.LZ4FrameCompressor()
        return frame.begin(), frame.compress, frame.flush
    if encoding == "zstd":
        zstd = zstandard.ZstdCompressor(level=1).compressobj()
        return b"", zstd.compress, zstd.flush
    deflate = zlib.compressobj(1, zlib.DEFLATED, GZIP_WINDOW)
    return b"", deflate.compress, deflate.flush

"""Bodies of requests and answers in the encodings that ClickHouse's clients use."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import lz4.frame
import zstandard

PREFERRED = ("lz4", "zstd", "gzip", "deflate")
GZIP_WINDOW, ZLIB_WINDOW = 31, 15
"""zlib's window bits for a gzip frame and for its own."""


class Unsupported(ValueError):
    """An encoding that is not spoken here."""


class TooLarge(ValueError):
    """A body holds more than is taken here."""


def decompressed(body: bytes, encoding: str, most: int) -> bytes:
    """Return a request's body without its Content-Encoding.

    Raises Unsupported, TooLarge when it holds more than `most` bytes, or ValueError when it is damaged.
    """
    if encoding not in READERS:
        raise Unsupported(f"Content-Encoding {encoding!r} is not known here. Use lz4, zstd, gzip, deflate or none.")
    try:
        plain = READERS[encoding](body, most + 1)
    except (RuntimeError, OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise ValueError(f"The body is not {encoding}: {error}. Send it whole.") from None
    if len(plain) > most:
        raise TooLarge(f"The body holds more than {most} bytes. Send less at once.")
    return plain


def _unlz4(body: bytes, most: int) -> bytes:
    with lz4.frame.LZ4FrameFile(io.BytesIO(body)) as reader:
        return bytes(reader.read(most))


def _gunzip(body: bytes, most: int) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as reader:
        return reader.read(most)


def _inflate(body: bytes, most: int) -> bytes:
    reader = zlib.decompressobj()
    plain = reader.decompress(body, most)
    if not reader.eof and len(plain) < most:
        raise EOFError("it is cut off")
    return plain


def _unzstd(body: bytes, most: int) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(body), read_across_frames=True) as reader:
        return reader.read(most)


READERS: dict[str, Callable[[bytes, int], bytes]] = {
    "": lambda body, _: body,
    "identity": lambda body, _: body,
    "lz4": _unlz4,
    "gzip": _gunzip,
    "deflate": _inflate,
    "zstd": _unzstd,
}


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
    deflate = zlib.compressobj(1, zlib.DEFLATED, GZIP_WINDOW if encoding == "gzip" else ZLIB_WINDOW)
    return b"", deflate.compress, deflate.flush

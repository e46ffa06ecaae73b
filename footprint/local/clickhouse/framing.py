"""ClickHouse's own compressed blocks: what `compress=1` asks for in answers, and `decompress=1` announces in bodies.

A block is a checksum of its rest, one byte that names the method, the compressed size with these nine bytes of header,
the size before compression, and the compressed bytes. The checksum is the CityHash128 of the version that ClickHouse kept.
"""

import struct
from collections.abc import Iterator, Mapping

import lz4.block
import zstandard
from clickhouse_cityhash.cityhash import CityHash128

BLOCK_BYTES = 1 << 20
"""Bytes that one block holds at most, as the engine's own do."""
LARGEST_BLOCK = 1 << 27
"""A block that says it holds more is damaged, or wants the memory."""

NONE, LZ4, ZSTD = 0x02, 0x82, 0x90
CHECKSUM = struct.Struct("<QQ")
HEADER = struct.Struct("<BII")
HALF = 64
LOW = (1 << HALF) - 1


def method_of(parameters: Mapping[str, str]) -> int:
    """Return the method that a request wants its answer in; LZ4 when it names none that is known here."""
    named = parameters.get("network_compression_method", "").upper()
    return {"ZSTD": ZSTD, "NONE": NONE}.get(named, LZ4)


def framed(chunks: Iterator[bytes], method: int) -> Iterator[bytes]:
    """Yield the chunks as blocks, each as soon as it is there."""
    for chunk in chunks:
        for at in range(0, len(chunk), BLOCK_BYTES):
            yield block(chunk[at : at + BLOCK_BYTES], method)


def block(plain: bytes, method: int) -> bytes:
    """Return one block."""
    packed = _packed(plain, method)
    rest = HEADER.pack(method, HEADER.size + len(packed), len(plain)) + packed
    return _checksum(rest) + rest


def unframed(body: bytes, most: int) -> bytes:
    """Return what the blocks hold; raises ValueError when one is damaged, or when it is more than `most` bytes."""
    found: list[bytes] = []
    at = 0
    while at < len(body):
        rest, at = _rest(body, at)
        method, _, size = HEADER.unpack_from(rest)
        most -= size
        if most < 0 or size > LARGEST_BLOCK:
            raise ValueError("The blocks hold more than is taken here. Send less at once.")
        found.append(_unpacked(rest[HEADER.size :], method, size))
    return b"".join(found)


def _rest(body: bytes, at: int) -> tuple[bytes, int]:
    """Return the block at a place without its checksum, and the place after it."""
    begins = at + CHECKSUM.size
    if begins + HEADER.size > len(body):
        raise ValueError("The last compressed block is cut off. Send the body whole.")
    ends = begins + HEADER.unpack_from(body, begins)[1]
    rest = body[begins:ends]
    if ends > len(body) or len(rest) < HEADER.size or _checksum(rest) != body[at:begins]:
        raise ValueError("The checksum of a compressed block is another one than that of its bytes. Send the body whole.")
    return rest, ends


def _checksum(rest: bytes) -> bytes:
    number = CityHash128(rest)
    return CHECKSUM.pack(number >> HALF, number & LOW)


def _packed(plain: bytes, method: int) -> bytes:
    if method == LZ4:
        return bytes(lz4.block.compress(plain, store_size=False))
    return zstandard.ZstdCompressor(level=1).compress(plain) if method == ZSTD else plain


def _unpacked(packed: bytes, method: int, size: int) -> bytes:
    try:
        plain = _plain(packed, method, size)
    except (lz4.block.LZ4BlockError, zstandard.ZstdError) as error:
        raise ValueError(f"A compressed block is damaged: {error}. Send the body whole.") from None
    if len(plain) != size:
        raise ValueError(f"A compressed block holds {len(plain)} bytes and says {size}. Send the body whole.")
    return plain


def _plain(packed: bytes, method: int, size: int) -> bytes:
    if method == LZ4:
        return bytes(lz4.block.decompress(packed, uncompressed_size=size))
    if method == ZSTD:
        return zstandard.ZstdDecompressor().decompress(packed, max_output_size=size)
    if method == NONE:
        return packed
    raise ValueError(f"Compression method {method:#x} is not known here. Use LZ4, ZSTD or NONE.")

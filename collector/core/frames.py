"""The spool's format: one frame per flush, with a checksum that tells a whole frame from one that was cut off."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

Events = dict[int, list[bytes]]
Rejected = list[tuple[bytes, bytes]]

_HEADER = struct.Struct("<IIIq")
_UNCHECKED = 4
"""Bytes of the checksum, which covers everything behind itself."""

HEADER_BYTES = _HEADER.size


@dataclass(frozen=True, slots=True)
class Frame:
    """What one flush wrote: encoded events by partition, rejected records by key, and when it was kept (Unix milliseconds)."""

    kept_at: int
    events: Mapping[int, Sequence[bytes]] = field(default_factory=dict)
    rejected: Sequence[tuple[bytes, bytes]] = ()

    @property
    def count(self) -> int:
        """Records of the frame: events and rejected ones."""
        return sum(map(len, self.events.values())) + len(self.rejected)


@dataclass(frozen=True, slots=True)
class Header:
    """The first bytes of a frame: enough to step over it, or to read and check it."""

    checksum: int
    length: int
    count: int
    kept_at: int

    @property
    def frame_length(self) -> int:
        """Bytes of the whole frame."""
        return HEADER_BYTES + self.length


class _Payload(msgspec.Struct, array_like=True):
    events: Events
    rejected: Rejected


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Payload)


def encode_frame(frame: Frame) -> bytes:
    """Return the bytes of a frame."""
    payload = _encoder.encode((frame.events, frame.rejected))
    unchecked = _HEADER.pack(0, len(payload), frame.count, frame.kept_at)[_UNCHECKED:]
    return zlib.crc32(payload, zlib.crc32(unchecked)).to_bytes(_UNCHECKED, "little") + unchecked + payload


def read_header(data: bytes) -> Header | None:
    """Read the header at the start of `data`; None when it was cut off."""
    if len(data) < HEADER_BYTES:
        return None
    return Header(*_HEADER.unpack_from(data))


def decode_frame(header: Header, data: bytes) -> Frame | None:
    """Read the frame at the start of `data`; None when it was cut off or is not what was written."""
    end = header.frame_length
    if len(data) < end or zlib.crc32(data[_UNCHECKED:end]) != header.checksum:
        return None
    payload = _decoder.decode(data[HEADER_BYTES:end])
    return Frame(header.kept_at, payload.events, payload.rejected)

"""The spool: publications on this machine's disk, in order, while Kafka does not take them. The only module that writes it.

Everything here blocks: `Spooling` calls it from one thread.
"""

import os
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from collector.core.frames import HEADER_BYTES, Frame, Header, decode_frame, encode_frame, read_header
from collector.ports import Spooled
from collector.spool_folder import SpoolFolder, sync_folder
from schemas.errors import Retryable

log = structlog.get_logger()

SEGMENT_BYTES = 8 * 1024 * 1024
TRIAL_BYTES = 64 * 1024
FULL = "The spool is full. Bring Kafka back, or give the spool more space with FOOTPRINT_SPOOL_MAX_BYTES."


@dataclass(slots=True)
class Segment:
    """One file of frames. `size` bytes of it are whole frames, `read` of them are out of the spool."""

    path: Path
    size: int = 0
    read: int = 0
    count: int = 0
    oldest_at: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """Frames from the head of the spool, and where in their segment they end."""

    segment: Segment
    end: int
    frames: list[Frame] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Records of all frames."""
        return sum(frame.count for frame in self.frames)


class Spool:
    """A queue of frames in the folder of one worker, at most `limit` bytes of disk.

    A frame that `append` returned for outlives this process and a power cut. Frames leave in their order; one that was
    read but not dropped is there again at the next start.
    """

    def __init__(self, root: Path, *, worker: str = "1", limit: int, workers: int = 1) -> None:
        self._folder = SpoolFolder(root, worker, siblings=frozenset(str(number + 1) for number in range(workers)))
        self._limit = limit
        self._segment_bytes = max(1, min(SEGMENT_BYTES, limit // 8))
        self._segments: deque[Segment] = deque()
        self._writer: int | None = None
        self._opened = False
        self.depth = Spooled()
        """What is in the spool now; replaced as a whole, so that any thread may read it."""

    def open(self) -> None:
        """Lock the folder and find what earlier processes left, once; raises Misconfigured when the folder cannot be had."""
        if self._opened:
            return
        self._opened = True
        for path in self._folder.open():
            self._add(path)
        self.adopt()

    def adopt(self) -> None:
        """Take over, behind what is here, what workers that no longer run have left."""
        for path in self._folder.adopt(self._stop_writing):
            self._add(path)

    def append(self, frame: Frame) -> None:
        """Return once the frame is on the disk; raises Retryable when the spool or the disk is full, and nothing is kept then."""
        encoded = encode_frame(frame)
        if sum(one.size for one in self._segments) + len(encoded) > self._limit:
            raise Retryable(FULL)
        try:
            self._write(encoded)
        except OSError as error:
            self._cut_off()
            raise Retryable(f"The spool cannot be written: {error.strerror}. Make space on the disk of FOOTPRINT_DATA_DIR.") from error
        segment = self._segments[-1]
        if segment.read == segment.size:
            segment.oldest_at = frame.kept_at
        segment.size += len(encoded)
        segment.count += frame.count
        self._measure()

    def check(self) -> None:
        """Return when a small flush could be kept now; raises Retryable when not."""
        if sum(one.size for one in self._segments) + TRIAL_BYTES > self._limit:
            raise Retryable(FULL)
        try:
            self._folder.try_to_write(TRIAL_BYTES)
        except OSError as error:
            raise Retryable(f"The spool cannot be written: {error.strerror}. Make space on the disk of FOOTPRINT_DATA_DIR.") from error

    def head(self, size: int) -> Chunk | None:
        """Return the oldest frames, at least one and else at most `size` bytes; None when the spool is empty."""
        while self._segments:
            segment = self._segments[0]
            chunk = _read(segment, size)
            if chunk.frames:
                return chunk
            if segment.read < segment.size:
                log.error("spool_torn", segment=str(segment.path), bytes=segment.size - segment.read)
            self._remove(segment)
            self._measure()
        return None

    def drop(self, chunk: Chunk) -> None:
        """Take a chunk out for good."""
        segment = chunk.segment
        segment.read = chunk.end
        segment.count -= chunk.count
        if segment.read == segment.size:
            self._remove(segment)
        else:
            segment.oldest_at = _header_at(segment, segment.read).kept_at
        self._measure()

    def close(self) -> None:
        """Give the folder back; what is in it stays."""
        self._stop_writing()
        self._folder.close()

    def _add(self, path: Path) -> None:
        segment = _scan(path)
        if segment.size:
            self._segments.append(segment)
        else:  # a process died before its first frame was whole
            path.unlink()
        self._measure()

    def _measure(self) -> None:
        size = sum(one.size - one.read for one in self._segments)
        self.depth = Spooled(sum(one.count for one in self._segments), size, self._segments[0].oldest_at if size else None)

    def _write(self, encoded: bytes) -> None:
        if self._writer is None or self._segments[-1].size >= self._segment_bytes:
            self._stop_writing()
            path = self._folder.next_path()
            self._writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            self._segments.append(Segment(path))
            sync_folder(path.parent)
        left = memoryview(encoded)
        while left:
            left = left[os.write(self._writer, left) :]
        os.fdatasync(self._writer)

    def _cut_off(self) -> None:
        """Forget a frame that is not whole, and never write behind it: after a failed fsync nobody knows what a file holds."""
        if self._writer is not None:
            with suppress(OSError):
                os.ftruncate(self._writer, self._segments[-1].size)
            segment = self._segments[-1]
            self._stop_writing()
            if not segment.size:
                self._remove(segment)

    def _stop_writing(self) -> None:
        if self._writer is not None:
            os.close(self._writer)
            self._writer = None

    def _remove(self, segment: Segment) -> None:
        if segment is self._segments[-1]:
            self._stop_writing()
        self._segments.remove(segment)
        segment.path.unlink(missing_ok=True)


def _scan(path: Path) -> Segment:
    """Step from header to header; checksums are checked when the frames are read."""
    segment, end = Segment(path), path.stat().st_size
    while segment.size + HEADER_BYTES <= end:
        header = _header_at(segment, segment.size)
        if header.length == 0 or segment.size + header.frame_length > end:
            break
        if not segment.size:
            segment.oldest_at = header.kept_at
        segment.size += header.frame_length
        segment.count += header.count
    return segment


def _header_at(segment: Segment, offset: int) -> Header:
    with segment.path.open("rb") as file:
        file.seek(offset)
        header = read_header(file.read(HEADER_BYTES))
    assert header is not None, "sizes count whole frames only"
    return header


def _read(segment: Segment, size: int) -> Chunk:
    frames: list[Frame] = []
    end = segment.read
    with segment.path.open("rb") as file:
        file.seek(end)
        while end < segment.size:
            start = file.read(HEADER_BYTES)
            header = read_header(start)
            if header is None or (frames and end + header.frame_length - segment.read > size):
                break
            frame = decode_frame(header, start + file.read(header.length))
            if frame is None:
                break
            frames.append(frame)
            end += header.frame_length
    return Chunk(segment, end, frames)

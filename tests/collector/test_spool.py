"""The spool on a real disk: what it took outlives everything, in its order."""

import errno
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from collector.core.frames import HEADER_BYTES, Frame, encode_frame
from collector.spool import Spool
from schemas.errors import Misconfigured, Retryable

LIMIT = 100_000


def frame(number, size=10):
    return Frame(number, {number % 4: [str(number).encode().ljust(size, b"x")]}, [(b"site", b"r")])


def opened(root, **options):
    spool = Spool(root, **{"limit": LIMIT, **options})
    spool.open()
    OPEN.append(spool)
    return spool


OPEN = []
"""Spools of the test that runs, closed after it."""


@pytest.fixture(autouse=True)
def _closed():
    yield
    while OPEN:
        OPEN.pop().close()


def drained(spool):
    """Ship everything, in small chunks."""
    found = []
    while (chunk := spool.head(50)) is not None:
        found += chunk.frames
        spool.drop(chunk)
    return found


def segments(root):
    return sorted(root.rglob("*.frames"))


def test_what_went_in_comes_out_in_order_and_leaves_nothing_behind(tmp_path):
    spool = opened(tmp_path)
    frames = [frame(number) for number in range(200)]
    for one in frames:
        spool.append(one)
    assert (spool.depth.count, spool.depth.oldest_at) == (400, 0)
    assert drained(spool) == frames
    assert (spool.depth.count, spool.depth.size, spool.depth.oldest_at) == (0, 0, None)
    assert segments(tmp_path) == []


def test_the_next_process_finds_what_was_left_and_writes_behind_it(tmp_path):
    first = opened(tmp_path)
    for number in range(5):
        first.append(frame(number))
    first.close()
    second = opened(tmp_path)
    assert second.depth.count == 10
    second.append(frame(5))
    assert drained(second) == [frame(number) for number in range(6)]


@pytest.mark.parametrize("cut", [1, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 3])
def test_a_frame_that_was_cut_off_is_dropped_and_those_before_it_kept(tmp_path, cut):
    first = opened(tmp_path)
    first.append(frame(1))
    first.close()
    with segments(tmp_path)[0].open("ab") as file:
        file.write(encode_frame(frame(2))[:cut])
    assert drained(opened(tmp_path)) == [frame(1)]


def test_a_damaged_frame_ends_its_segment_and_not_the_spool(tmp_path):
    spool = opened(tmp_path)
    spool.append(frame(1))
    spool.close()
    path = segments(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    spool = opened(tmp_path)
    spool.append(frame(2))
    assert drained(spool) == [frame(2)]
    assert spool.depth.count == 0


def test_it_is_bounded_and_takes_again_what_was_shipped(tmp_path):
    spool = opened(tmp_path)
    taken = 0
    while spool.depth.size + 5_100 < LIMIT:
        spool.append(frame(taken, 5_000))
        taken += 1
    with pytest.raises(Retryable, match="spool is full"):
        spool.append(frame(taken, 5_000))
    assert taken * 5_000 <= LIMIT < (taken + 1) * 5_100
    with pytest.raises(Retryable):
        spool.check()
    assert drained(spool) == [frame(number, 5_000) for number in range(taken)]
    spool.check()
    spool.append(frame(100, 5_000))


@pytest.mark.parametrize("call", ["write", "fdatasync"])
def test_a_full_disk_keeps_nothing_of_the_flush_and_everything_before_and_after_it(tmp_path, monkeypatch, call):
    spool = opened(tmp_path)
    spool.append(frame(1))
    real = os.write

    def full(descriptor, *rest):
        if rest:
            real(descriptor, rest[0][:7])  # a disk fills in the middle of a frame
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, call, full)
        with pytest.raises(Retryable, match="No space left"):
            spool.append(frame(2))
        if call == "fdatasync":
            with pytest.raises(Retryable, match="No space left"):
                spool.check()
    spool.check()
    spool.append(frame(3))
    spool.close()
    assert drained(opened(tmp_path)) == [frame(1), frame(3)]


def test_two_workers_of_one_number_do_not_share_a_folder(tmp_path):
    first, second = opened(tmp_path), opened(tmp_path)
    first.append(frame(1))
    second.append(frame(2))
    assert (drained(first), drained(second)) == ([frame(1)], [frame(2)])


def test_a_worker_that_no_longer_runs_is_taken_over_behind_what_is_here(tmp_path):
    running, ended = opened(tmp_path), opened(tmp_path)
    running.append(frame(1))
    ended.append(frame(2))
    ended.append(frame(3))
    running.adopt()
    assert running.depth.count == 2
    ended.close()
    running.adopt()
    running.append(frame(4))
    assert drained(running) == [frame(1), frame(2), frame(3), frame(4)]


def test_a_sibling_that_is_started_again_keeps_its_own(tmp_path):
    second = opened(tmp_path, worker="2", workers=2)
    second.append(frame(1))
    second.close()
    assert opened(tmp_path, worker="1", workers=2).depth.count == 0
    assert opened(tmp_path, worker="1", workers=1).depth.count == 2


def test_only_its_owner_may_look_into_it(tmp_path):
    spool = opened(tmp_path / "spool")
    spool.append(frame(1))
    assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "spool").rglob("*.frames")} == {0}


def test_a_folder_that_cannot_be_made_stops_the_start(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="FOOTPRINT_DATA_DIR"):
        opened(tmp_path / "file" / "spool")


class AnyUse(RuleBasedStateMachine):
    """Whatever is done to it in whatever order, it is a queue on disk."""

    def __init__(self):
        super().__init__()
        import tempfile
        from pathlib import Path

        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.spool = opened(self.root, limit=4_000)
        self.held = []
        self.number = 0

    @rule(size=st.integers(1, 900))
    def append(self, size):
        self.number += 1
        try:
            self.spool.append(frame(self.number, size))
        except Retryable:
            return
        self.held.append(frame(self.number, size))

    @precondition(lambda self: self.held)
    @rule(size=st.integers(1, 2_000))
    def ship(self, size):
        chunk = self.spool.head(size)
        assert chunk.frames == self.held[: len(chunk.frames)]
        self.spool.drop(chunk)
        del self.held[: len(chunk.frames)]

    @rule()
    def restart(self):
        """What was read and not yet removed with its segment comes again: at least once."""
        self.spool.close()
        self.spool = opened(self.root, limit=4_000)
        again = []
        while (chunk := self.spool.head(10_000)) is not None:
            again += chunk.frames
            self.spool.drop(chunk)
        assert again[len(again) - len(self.held) :] == self.held
        self.held = []

    def teardown(self):
        assert self.spool.depth.count == 2 * len(self.held)
        self.spool.close()
        self.folder.cleanup()


TestAnyUse = AnyUse.TestCase
TestAnyUse.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


@given(st.lists(st.integers(1, 3_000), max_size=12))
@settings(max_examples=25, deadline=None)
def test_the_depth_says_what_comes_out(tmp_path_factory, sizes):
    spool = opened(tmp_path_factory.mktemp("spool"))
    for number, size in enumerate(sizes):
        spool.append(frame(number, size))
    assert spool.depth.count == 2 * len(sizes)
    assert spool.depth.size == sum(len(encode_frame(frame(number, size))) for number, size in enumerate(sizes))
    assert len(drained(spool)) == len(sizes)

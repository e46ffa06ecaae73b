import gzip
import io
import sys

import pytest
import zstandard

from footprint.importing.files import MAX_LINE, lines_of, size_of
from schemas.errors import Misconfigured

TEXT = b"one\ntwo\r\n\nlast without an end"
LINES = [b"one", b"two", b"", b"last without an end"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_compression_is_recognised_by_the_first_bytes_whatever_the_name(tmp_path, pack):
    path = tmp_path / "history"
    path.write_bytes(pack(TEXT))
    assert list(lines_of(str(path))) == LINES


def test_joined_gzip_members_and_zstd_frames_are_one_file(tmp_path):
    for pack in (gzip.compress, zstandard.compress):
        path = tmp_path / "history"
        path.write_bytes(pack(b"a\nb") + pack(b"c\nd"))
        assert list(lines_of(str(path))) == [b"a", b"bc", b"d"]


def test_a_dash_is_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(TEXT))))
    assert list(lines_of("-")) == LINES
    assert size_of(["-"]) is None


def test_progress_counts_the_bytes_on_disk(tmp_path):
    path = tmp_path / "history.gz"
    path.write_bytes(gzip.compress(TEXT * 10_000))
    seen = []
    list(lines_of(str(path), seen.append))
    assert sum(seen) == path.stat().st_size == size_of([str(path)])


def test_an_endless_line_is_cut_and_the_next_one_is_whole(tmp_path):
    path = tmp_path / "history"
    path.write_bytes(b"x" * (MAX_LINE * 2 + 5) + b"\nnext\n")
    assert [len(line) for line in lines_of(str(path))] == [MAX_LINE, 4]


def test_a_damaged_or_missing_file_says_what_to_do(tmp_path):
    path = tmp_path / "history.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 400)[:-20])
    for name in (str(path), str(tmp_path / "missing"), str(tmp_path)):
        with pytest.raises(Misconfigured, match="run the same import again"):
            list(lines_of(name))

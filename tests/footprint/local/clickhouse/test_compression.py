"""Bodies in the encodings that clients use."""

import gzip
import zlib

import lz4.frame
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from footprint.local.clickhouse.compression import TooLarge, Unsupported, chosen, compressed, decompressed

WRITERS = {
    "lz4": lz4.frame.compress,
    "zstd": zstandard.compress,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "": bytes,
    "identity": bytes,
}


@pytest.mark.parametrize("encoding", WRITERS)
@given(body=st.binary())
def test_a_body_is_read_in_every_encoding(encoding, body):
    assert decompressed(WRITERS[encoding](body), encoding, 1 << 20) == body


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip", "deflate", ""])
@given(chunks=st.lists(st.binary(), max_size=5))
def test_an_answer_reads_back_whatever_its_chunks(encoding, chunks):
    assert decompressed(b"".join(compressed(iter(chunks), encoding)), encoding, 1 << 20) == b"".join(chunks)


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip", "deflate"])
def test_a_damaged_body_is_a_value_error(encoding):
    with pytest.raises(ValueError, match="Send it whole"):
        decompressed(b"this is not compressed", encoding, 1 << 20)


def test_an_unknown_encoding_says_which_are_known():
    with pytest.raises(Unsupported, match="lz4, zstd, gzip"):
        decompressed(b"", "br", 0)


def test_the_answers_encoding_is_one_that_the_client_accepts():
    assert chosen("gzip, lz4;q=1.0, br") == "lz4"
    assert chosen("gzip") == "gzip"
    assert chosen("br, identity") == ""
    assert chosen("") == ""


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip", "deflate"])
def test_a_body_that_holds_too_much_is_refused_without_unpacking_all_of_it(encoding):
    with pytest.raises(TooLarge, match="Send less"):
        decompressed(WRITERS[encoding](bytes(1 << 20)), encoding, 1000)

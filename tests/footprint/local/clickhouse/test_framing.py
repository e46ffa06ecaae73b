"""ClickHouse's compressed blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footprint.local.clickhouse.framing import BLOCK_BYTES, LZ4, NONE, ZSTD, block, framed, method_of, unframed

MOST = 1 << 24


@pytest.mark.parametrize("method", [LZ4, ZSTD, NONE])
@given(chunks=st.lists(st.binary(), max_size=4))
def test_blocks_read_back_whatever_their_chunks(method, chunks):
    assert unframed(b"".join(framed(iter(chunks), method)), MOST) == b"".join(chunks)


def test_a_long_chunk_becomes_blocks_of_the_engines_size():
    blocks = list(framed(iter([bytes(3 * BLOCK_BYTES + 1)]), LZ4))
    assert [len(unframed(one, MOST)) for one in blocks] == [BLOCK_BYTES] * 3 + [1]


@given(st.data())
def test_a_changed_or_cut_block_is_a_value_error(data):
    body = block(data.draw(st.binary(min_size=1)), data.draw(st.sampled_from([LZ4, ZSTD, NONE])))
    at = data.draw(st.integers(0, len(body) - 1))
    changed = body[:at] + bytes([body[at] ^ data.draw(st.integers(1, 255))]) + body[at + 1 :]
    for broken in (changed, body[:at] or b"x", body + body[: max(at, 1)]):
        with pytest.raises(ValueError, match=r"\. Send"):
            unframed(broken, MOST)


def test_what_holds_more_than_is_taken_is_refused_before_it_is_unpacked():
    with pytest.raises(ValueError, match="Send less"):
        unframed(block(bytes(1000), LZ4), 999)


def test_the_answers_method_is_the_one_that_was_named():
    assert [method_of({"network_compression_method": name}) for name in ("zstd", "LZ4", "NONE", "?")] == [ZSTD, LZ4, NONE, LZ4]
    assert method_of({}) == LZ4


@pytest.mark.store
def test_the_engines_own_files_are_such_blocks(local_clickhouse, name, pipeline):
    pipeline.command("CREATE TABLE numbered (a UInt64) ENGINE = MergeTree ORDER BY a")
    pipeline.command("INSERT INTO numbered SELECT number FROM numbers(300000)")
    table = local_clickhouse.folder / "clickhouse" / "engine" / "data" / name / "numbered"
    (columns,) = table.glob("all_*/data.bin")
    assert unframed(columns.read_bytes(), MOST) == b"".join(number.to_bytes(8, "little") for number in range(300000))

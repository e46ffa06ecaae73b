"""The spool's format: what was written whole is read, what was not is recognised."""

from hypothesis import given
from hypothesis import strategies as st

from collector.core.frames import HEADER_BYTES, Frame, decode_frame, encode_frame, read_header

lines = st.lists(st.binary(max_size=40), min_size=1, max_size=4)
frames = st.builds(
    Frame,
    st.integers(0, 2**62),
    st.dictionaries(st.integers(0, 1023), lines, max_size=3),
    st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=30)), max_size=3),
)


def read_all(data):
    """Return the frames of a segment up to the first that is not whole."""
    found = []
    while (header := read_header(data)) is not None and (frame := decode_frame(header, data)) is not None:
        assert header.count == frame.count
        found.append(frame)
        data = data[header.frame_length :]
    return found


@given(st.lists(frames, max_size=5))
def test_what_was_written_is_read_in_order(written):
    assert read_all(b"".join(map(encode_frame, written))) == written


@given(st.lists(frames, min_size=1, max_size=4), st.data())
def test_a_segment_cut_off_anywhere_keeps_every_whole_frame_and_nothing_else(written, data):
    encoded = list(map(encode_frame, written))
    cut = data.draw(st.integers(0, sum(map(len, encoded)) - 1))
    whole = 0
    while sum(map(len, encoded[: whole + 1])) <= cut:
        whole += 1
    assert read_all(b"".join(encoded)[:cut]) == written[:whole]


@given(frames, st.data())
def test_a_changed_byte_is_noticed(frame, data):
    encoded = bytearray(encode_frame(frame))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    assert read_all(bytes(encoded)) == []


def test_zeros_behind_the_last_frame_are_no_frame():
    frame = Frame(1, {0: [b"a"]}, [])
    assert read_all(encode_frame(frame) + bytes(3 * HEADER_BYTES)) == [frame]

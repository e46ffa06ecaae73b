"""The rule that makes holes harmless."""

from hypothesis import given
from hypothesis import strategies as st

from streams.faust_exact.acceptance import Verdict, judge


def test_a_record_right_after_the_marker_is_accepted():
    assert judge(prev=4, offset=5, marker=4) is Verdict.ACCEPT


def test_a_hole_in_the_offsets_is_no_hole_in_what_was_fetched():
    assert judge(prev=4, offset=9, marker=6) is Verdict.ACCEPT


def test_a_record_that_was_absorbed_is_done():
    assert judge(prev=3, offset=4, marker=4) is Verdict.DONE


def test_a_record_after_one_that_was_lost_rewinds():
    assert judge(prev=6, offset=7, marker=5) is Verdict.REWIND


def test_a_record_of_unknown_neighbourhood_rewinds():
    assert judge(prev=None, offset=5, marker=4) is Verdict.REWIND


@given(
    offsets=st.sets(st.integers(0, 60), min_size=1, max_size=25).map(sorted),
    losses=st.lists(st.sets(st.integers(0, 60)), max_size=6),
)
def test_whatever_is_lost_on_the_way_every_record_is_absorbed_once_and_in_order(offsets, losses):
    absorbed, marker, position = [], -1, 0
    for lost in [*losses, set()]:
        prev, rewound = position - 1, False
        for offset in [offset for offset in offsets if offset >= position]:
            before, prev = prev, offset
            if offset in lost:
                continue
            verdict = judge(prev=before, offset=offset, marker=marker)
            if verdict is Verdict.ACCEPT:
                absorbed.append(offset)
                marker = offset
            rewound |= verdict is Verdict.REWIND
        position = marker + 1
    assert absorbed == offsets

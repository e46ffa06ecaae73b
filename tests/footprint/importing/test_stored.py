from hypothesis import given
from hypothesis import strategies as st

from footprint.importing.stored import ASKED_BYTES, groups_of


@given(st.lists(st.text(max_size=200), max_size=50))
def test_every_id_is_asked_for_once_in_order(ids):
    assert [one for group in groups_of(ids) for one in group] == ids


def test_a_question_fits_what_clickhouse_reads():
    ids = [f"{number}'" * 40 for number in range(5000)]
    groups = list(groups_of(ids))
    assert len(groups) > 1
    assert all(sum(len(one) + 44 for one in group) <= ASKED_BYTES + 400 for group in groups)

"""Where state goes when there are more partitions: the same places that collector and streams name for its owners."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footprint.growing.places import of_record, of_subject, of_subjects, of_visitor, of_visitors
from schemas.codec import key_partition, partition_of, subject_of
from streams.core.mail_clicks import NAME
from streams.core.subject import state_key
from streams.core.visitors import _key_of

IDS = st.text(min_size=1, max_size=20)
SITES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)


def key(text):
    return text.encode("utf-8", "surrogatepass")


@given(SITES, IDS, IDS, st.integers(1, 64))
def test_a_visitor_s_state_is_where_its_events_are(site, visitor, customer, partitions):
    for who in ({"visitor_id": visitor, "customer_id": customer}, {"customer_id": customer}):
        owner = who.get("visitor_id") or who["customer_id"]
        assert of_visitor(key(_key_of({"site": site, **who})), partitions) == partition_of(site, owner, partitions)


@given(SITES, IDS, IDS, st.integers(1, 64))
def test_a_subject_s_state_is_where_its_lines_are(site, visitor, customer, partitions):
    for who in ((customer, visitor), (None, visitor)):
        found = of_subject(key(state_key(site, subject_of(*who))), partitions)
        assert found == partition_of(site, who[0] or visitor, partitions)
    assert of_subject(key(state_key(site, NAME + visitor)), partitions) == partition_of(site, visitor, partitions)


def test_every_partition_has_the_models_of_a_site():
    assert of_subject(key(state_key("shop", "m:model")), 12) is None


@given(st.binary(), st.integers(1, 64))
def test_a_public_record_goes_by_its_key(name, partitions):
    assert of_record(name, partitions) == key_partition(name, partitions)


@pytest.mark.parametrize(("metas", "known"), [([], {}), ([{}], {}), ([{"watermark": 5}, {}, {"watermark": 3}], {"watermark": 3})])
def test_a_new_partition_of_events_has_come_as_far_as_the_slowest(metas, known):
    assert of_visitors(metas) == known


def test_a_new_partition_of_tracked_knows_what_the_others_have_heard_and_which_models_run():
    one = {"watermarks": {"visitors/0": 5, "visitors/1": 3}, "heard": {"visitors/0": 50}, "models": {"shop": "a"}}
    other = {"watermarks": {"visitors/0": 4, "visitors/1": 9}, "heard": {"visitors/0": 60, "visitors/1": 70}, "models": {"lab": "b"}}
    assert of_subjects([one, {}, other]) == {
        "watermarks": {"visitors/0": 5, "visitors/1": 9},
        "heard": {"visitors/0": 60, "visitors/1": 70},
        "models": {"shop": "a", "lab": "b"},
    }

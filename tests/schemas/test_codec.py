"""Times, partitions and lines are read the same way everywhere."""

import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import join_lines, key_partition, parse_time, partition_of, read_lines, subject_of


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("2026-11-22T01:30:00Z", 1795311000000),
        ("2026-11-22T03:30:00.123456+02:00", 1795311000123),
        ("2026-11-22T01:30:00", 1795311000000),
        (1795311000, 1795311000000),
        (1795311000123, 1795311000123),
        ("1795311000.5", 1795311000500),
        ("1795311000123", 1795311000123),
        (None, None),
        ("", None),
        ("yesterday", None),
        (True, None),
        (float("nan"), None),
        (1e300, None),
        ([], None),
        ({}, None),
    ],
)
def test_a_clients_time_is_read_in_every_usual_form(sent, expected):
    assert parse_time(sent) == expected


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_an_iso_time_is_the_same_instant(moment):
    aware = moment.replace(tzinfo=UTC)
    whole = aware.replace(microsecond=aware.microsecond // 1000 * 1000)
    assert parse_time(aware.isoformat()) == round(whole.timestamp() * 1000)


@given(st.text())
def test_any_text_is_read_or_refused_never_an_error(text):
    assert parse_time(text) is None or isinstance(parse_time(text), int)


@given(st.text(max_size=50), st.text(max_size=50), st.integers(1, 64))
def test_partitions_are_stable_and_in_range(site, owner, partitions):
    assert partition_of(site, owner, partitions) in range(partitions)


def test_partitions_are_plain_crc32_so_that_others_can_compute_them():
    assert partition_of("demo", "v1", 12) == zlib.crc32(b"demo\0v1") % 12
    assert key_partition(b"demo:v1", 12) == zlib.crc32(b"demo:v1") % 12


def test_a_record_holds_its_values_in_order():
    assert list(read_lines(join_lines([b'{"a":1}', b'{"a":2}']))) == [{"a": 1}, {"a": 2}]


def test_the_customer_is_the_subject_where_known():
    assert subject_of("c", "v") == "c:c"
    assert subject_of("", "v") == "v:v"
    assert subject_of(None, "v") == "v:v"

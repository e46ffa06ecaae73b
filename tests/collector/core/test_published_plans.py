"""Published plans are files that say what they are, and nothing in them can harm who reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.core.plans import InvalidPlan
from collector.core.published_plans import PublishedPlan, compiled, file_name, newest, parsed, read_published, write_published

texts = st.text(max_size=20)


@given(st.builds(PublishedPlan, site=texts, version=st.integers(1), text=texts, published_at=st.integers(0), by=texts, note=texts))
def test_what_is_written_is_read(plan):
    assert read_published(write_published(plan)) == plan


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True), st.lists(st.integers(1, 999_999_999), min_size=1))
def test_the_newest_version_is_the_highest_number_whatever_the_site_is_called(site, versions):
    assert newest([file_name(site, version) for version in versions]) == {site: max(versions)}


def test_other_files_are_left_out():
    assert newest(["publishing.lock", ".shop.1.json.77", "shop.0.json", "shop.x.json", "shop.json", "../shop.1.json", "shop.1.json"]) == {
        "shop": 1
    }


@pytest.mark.parametrize("content", [b"", b"[]", b"7", b'{"site": "shop"}', b'{"site": "shop", "more": 1}'])
def test_what_is_no_published_plan_is_told(content):
    with pytest.raises(ValueError):
        read_published(content)


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nevents: {x: {schema: {enum: *b}}}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BOMB, "aliases"),
        ("x" * 300_000, "at most 256 KiB"),
        ("[" * 5_000, "nested deeper"),
        ("a: [", "not YAML"),
        ("!!python/object/apply:os.system [true]", "not YAML"),
    ],
)
def test_a_text_that_would_harm_is_refused(text, told):
    with pytest.raises(InvalidPlan, match=told):
        parsed(text)


def test_a_published_plan_is_what_its_text_says():
    plan = compiled(PublishedPlan("shop", 1, "mode: reject\nevents: {Signed Up: {schema: {required: [plan]}}}", 0, "ada"))
    assert "plan is missing" in plan.check("Signed Up", "custom", {}).message

"""docs/reference/events.md says what the mapping does, no more and no less."""

import re
from pathlib import Path

import pytest

from collector.core.mapping import KIND_OF_NAME, KIND_OF_TYPE, TYPES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "events.md"


def rows(heading):
    """Return the first two cells of a table's rows that hold names in code, without the row of headings."""
    section = PAGE.read_text("utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"(?m)^\| `([^`]+)` \| `([^`]+)` \|", section.partition("|---")[2]))


def test_every_type_and_its_kind_is_documented():
    assert rows("By call") == {name: str(kind) for name, kind in KIND_OF_TYPE.items()}
    assert {*rows("By call"), "track"} == set(TYPES)


def test_every_name_and_its_kind_is_documented():
    assert rows("By name of a `track` call") == {name: str(kind) for name, kind in KIND_OF_NAME.items()}


@pytest.mark.parametrize("name", sorted(KIND_OF_NAME))
async def test_a_documented_name_becomes_its_kind_and_is_kept(collected, name):
    stored = await collected({"type": "track", "event": name, "userId": "c1", "anonymousId": "v1"})
    assert (stored["kind"], stored["name"]) == (str(KIND_OF_NAME[name]), name)


@pytest.mark.parametrize("name", ["Product Viewed", "Products Searched", "Signed Up", "order completed", "x"])
async def test_every_other_name_is_custom_and_kept(collected, name):
    stored = await collected({"type": "track", "event": name, "userId": "c1"})
    assert (stored["kind"], stored["name"]) == ("custom", name)


@pytest.fixture
def collected():
    from collector.core.accept import Accepted, accept
    from collector.core.drafts import Arrival
    from collector.core.sites import SiteRules
    from schemas import codec

    async def collect(message):
        result = accept(message, Arrival(site=SiteRules("demo"), received_at=1), index=0, new_id=lambda: "made")
        assert isinstance(result, Accepted)
        return codec.loads(result.encoded)

    return collect

"""Plans as files, and plans proposed from events."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.plans import read_plan
from footprint import plans
from schemas.errors import Misconfigured

properties = st.dictionaries(
    st.text(max_size=5),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=3)
    | st.lists(st.integers())
    | st.dictionaries(st.text(max_size=2), st.integers()),
    max_size=4,
)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), properties), max_size=30))
def test_what_was_seen_follows_the_plan_that_is_proposed_from_it(events):
    proposed = yaml.safe_load(yaml.safe_dump(plans.infer(events), sort_keys=False))
    plan = read_plan(proposed)
    assert [plan.check(name, "custom", seen) for name, seen in events if plan.check(name, "custom", seen)] == []


def test_a_proposal_names_types_what_is_always_there_and_few_values():
    events = [
        ("Signed Up", {"plan": "pro" if number % 2 else "free", "seats": number, **({"code": "x"} if number else {})})
        for number in range(30)
    ]
    assert plans.infer(events)["events"] == {
        "Signed Up": {
            "schema": {
                "type": "object",
                "required": ["plan", "seats"],
                "properties": {"code": {"enum": ["x"]}, "plan": {"enum": ["free", "pro"]}, "seats": {"type": "integer"}},
            }
        }
    }


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe\x00", b"events: 7", b""])
def test_a_file_that_is_no_plan_is_named_with_what_to_do(tmp_path, content):
    path = tmp_path / "plan.yaml"
    path.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"plan\.yaml.*Correct"):
        plans.load(path)
    with pytest.raises(Misconfigured, match="Correct"):
        plans.load(tmp_path / "missing.yaml")

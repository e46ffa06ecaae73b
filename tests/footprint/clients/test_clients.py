"""Clients of a plan: the same text for the same plan, right by each language's own compiler."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.plans import read_plan
from footprint.clients import written
from schemas.errors import Misconfigured

ROOT = Path(__file__).parents[3]
TSC = ROOT / "js-snippet" / "node_modules" / ".bin" / "tsc"
ODD = 'a "quote", a \\ and */ a line\nand ü'
PLAN = {
    "mode": "reject",
    "events": {
        "Signed Up": {
            "description": f"Somebody made an account. {ODD}",
            "schema": {
                "type": "object",
                "required": ["plan", "total price", "unnamed"],
                "additionalProperties": False,
                "properties": {
                    "plan": {"enum": ["free", "pro", ODD], "description": f"What was chosen. {ODD}"},
                    "seats": {"type": "integer"},
                    "total price": {"type": ["number", "null"]},
                    "unnamed": {},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "address": {
                        "type": "object",
                        "required": ["city"],
                        "properties": {"city": {"type": "string"}, "zip": {"type": ["string", "integer"]}},
                    },
                    "ad-dress": {"properties": {"x": {}}},
                    "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
                    "level": {"enum": [1, 2, None, True]},
                    "rate": {"enum": [0.5, 1.5]},
                    "either": {"anyOf": [{"type": "string"}, {"const": 7}]},
                },
                "$defs": {
                    "line": {"required": ["product"], "properties": {"product": {"type": "string"}, "more": {"$ref": "#/$defs/line"}}}
                },
            },
        },
        "video-played": {},
        "page_view": {"schema": {"properties": {"section": {"type": "string"}}}},
        "click": {"schema": {"required": ["href"]}},
        "Größe gewählt": {"schema": {"properties": {"größe": {"type": "integer"}}}},
    },
}
USED = """\
import { größeGewählt, page, sendBy, signedUp, videoPlayed } from "./tracking.js";
sendBy((call: string, ...rest: unknown[]) => { console.log(call, rest); });
signedUp({ plan: "pro", "total price": 3.5, unnamed: 1, seats: 2, tags: ["a"], address: { city: "Bonn", zip: 5 }, lines: [{ product: "x" }], level: null });
videoPlayed();
page({ section: "a" });
größeGewählt({ "größe": 3 });
// @ts-expect-error a choice that the plan does not have
signedUp({ plan: "planted", "total price": 3.5, unnamed: 1 });
// @ts-expect-error a property is missing
signedUp({ plan: "pro" });
// @ts-expect-error a property of another type
page({ section: 7 });
// @ts-expect-error a property that the plan does not have
signedUp({ plan: "pro", "total price": 3.5, unnamed: 1, planted: 1 });
"""


def test_the_plan_of_these_tests_is_one():
    read_plan(PLAN)


@pytest.mark.parametrize("language", ["typescript", "python"])
def test_the_same_plan_gives_the_same_module_in_whatever_order_it_is_written(language):
    turned = {**PLAN, "events": dict(reversed(PLAN["events"].items()))}
    assert written(PLAN, language) == written(turned, language)


@pytest.mark.skipif(not TSC.exists() or shutil.which("node") is None, reason="the snippet's build needs Node 18 and `npm ci` in js-snippet")
def test_typescript_takes_the_module_and_refuses_what_the_plan_does_not_say(tmp_path):
    (tmp_path / "tracking.ts").write_text(written(PLAN, "typescript"), "utf-8")
    (tmp_path / "used.ts").write_text(USED, "utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    options = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--types", ""]
    done = subprocess.run([TSC, *options, "tracking.ts", "used.ts"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_takes_the_module_and_refuses_what_the_plan_does_not_say(tmp_path):
    (tmp_path / "tracking.py").write_text(written(PLAN, "python"), "utf-8")
    (tmp_path / "used.py").write_text(
        "from tracking import Footprint\n"
        'client = Footprint("http://127.0.0.1:1", "key")\n'
        'client.signed_up({"plan": "pro", "total price": None, "unnamed": 1, "lines": [{"product": "x"}]}, customer="ada")\n'
        'client.page({"section": "a"}, visitor="v")\n'
        "client.video_played(visitor='v')\n"
        'client.signed_up({"plan": "planted", "total price": 1.5, "unnamed": 1})\n'
        'client.signed_up({"plan": "pro"})\n'
        'client.page({"section": 7})\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", "/dev/null", "--cache-dir", ROOT / ".mypy_cache", "used.py", "tracking.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    wrong = [line.split(":")[:2] for line in done.stdout.splitlines() if ": error:" in line]
    assert wrong == [["used.py", "6"], ["used.py", "7"], ["used.py", "8"]], done.stdout + done.stderr


@pytest.mark.parametrize(
    ("events", "language", "told"),
    [
        (["Signed Up", "signed-up"], "typescript", "'Signed Up' and 'signed-up' both become `signedUp`"),
        (["Signed Up", "signedUp"], "python", "both become `signed_up`"),
        (["2 Steps"], "python", "'2 Steps' becomes `2_steps`, which is no name of a function"),
        (["2 Steps"], "typescript", "no name of a function"),
        (["???"], "typescript", "no name of a function"),
        (["Delete"], "typescript", "keep"),
        (["import"], "python", "keep"),
        (["Page"], "python", "keep"),
        (["Send"], "typescript", "keep"),
    ],
)
def test_an_event_that_cannot_be_a_function_is_named_with_what_to_do(events, language, told):
    with pytest.raises(Misconfigured, match=r"Rename (it|one of them) in the plan") as raised:
        written({"events": {event: {} for event in events}}, language)
    assert told in str(raised.value)


texts = st.text(max_size=12)
leaves = st.one_of(
    st.sampled_from([{}, True, {"type": "string"}, {"type": ["null", "array"]}, {"$ref": "#/$defs/nowhere"}]),
    st.lists(texts | st.integers() | st.none() | st.booleans(), min_size=1, unique_by=repr).map(lambda several: {"enum": several}),
)
schemas = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda properties, described: {"properties": properties, "required": sorted(properties)[:1], "description": described},
        st.dictionaries(texts, inner, max_size=3),
        texts,
    ),
    max_leaves=6,
)


@settings(max_examples=40)
@given(schemas, texts)
def test_whatever_stands_in_a_plan_the_python_module_is_python(schema, described):
    module = written({"events": {"One": {"schema": schema, "description": described}, "page_view": {"schema": schema}}}, "python")
    found = {}
    exec(compile(module, "tracking.py", "exec"), found)
    assert callable(found["Footprint"].one)

"""Events that a typed client sends arrive as the plan wants them."""

import asyncio
import importlib.util
import json

import pytest

from collector.core.plans import read_plan
from collector.core.sites import SiteRules
from footprint.clients import written

PLAN = {
    "mode": "reject",
    "events": {
        "Signed Up": {
            "schema": {"required": ["plan"], "properties": {"plan": {"enum": ["free", "pro"]}, "total price": {"type": "number"}}}
        },
        "page_view": {"schema": {"properties": {"section": {"type": "string"}}}},
    },
}


@pytest.fixture
def config(config):
    sites = {"shop": SiteRules("shop", plan=read_plan(PLAN))}
    return type(config)(sites=sites, partitions=4)


async def test_an_event_of_the_python_module_is_taken_by_a_collector_and_one_that_breaks_the_plan_is_told(port, publisher, tmp_path):
    (tmp_path / "tracking.py").write_text(written(PLAN, "python"), "utf-8")
    spec = importlib.util.spec_from_file_location("tracking", tmp_path / "tracking.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    client = module.Footprint(f"http://127.0.0.1:{port}", "shop")
    told = {"plan": "pro", "total price": 3.5}
    await asyncio.to_thread(client.signed_up, told, customer="ada", message_id="m1")
    await asyncio.to_thread(client.page, {"section": "a"}, visitor="v1")
    stored = [json.loads(line) for lines in publisher.events.values() for line in lines]
    assert [(event["kind"], event.get("name"), event["props"]) for event in stored if event.get("event_id") == "m1"] == [
        ("custom", "Signed Up", told)
    ]
    assert [event["props"] for event in stored if event["kind"] == "page_view"] == [{"section": "a"}]
    with pytest.raises(ValueError, match="turned away"):
        await asyncio.to_thread(client.signed_up, told | {"plan": "planted"}, customer="ada")

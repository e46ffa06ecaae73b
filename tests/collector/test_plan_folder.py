"""Running collectors go by the plan that was published last, on every way that a request takes."""

import asyncio
from dataclasses import replace

import pytest

from collector.live import LiveFiles, LivePaths
from footprint import plans
from footprint.parts.collector import config_of
from footprint.settings import Settings, SiteSettings
from schemas.errors import Misconfigured

NEEDED = "mode: reject\nevents: {Signed Up: {schema: {required: [plan]}}}\n"


@pytest.fixture
def told(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text("mode: reject\nevents: {Told: {schema: {required: [x]}}}\n")
    return Settings(
        data_dir=tmp_path / "data", sites={"shop": SiteSettings(keys=("shop",), plan=file), "blog": SiteSettings(keys=("blog",))}
    )


@pytest.fixture
def config(told):
    return config_of(told)


async def rejected(http, key, event):
    body = {"batch": [{"type": "track", "event": event, "anonymousId": "v1", "properties": {}}]}
    return (await http.post("/v1/batch", json=body, headers={"x-write-key": key})).json()["rejected"]


async def until_rejected(http, key, event):
    async with asyncio.timeout(20):
        while True:
            if await rejected(http, key, event):
                return
            await asyncio.sleep(0.02)


async def test_a_plan_holds_within_a_second_of_being_published(http, told):
    shelf = plans.Shelf(told)
    assert [await rejected(http, key, event) for key in ("shop", "blog") for event in ("Told", "Signed Up")] == [1, 0, 0, 0]
    shelf.publish("shop", NEEDED, by="ada")
    await until_rejected(http, "shop", "Signed Up")
    assert [await rejected(http, key, event) for key in ("shop", "blog") for event in ("Told", "Signed Up")] == [0, 1, 0, 0]
    shelf.publish("shop", "events: {}", by="ada")
    shelf.publish("blog", NEEDED, by="ada")
    await until_rejected(http, "blog", "Signed Up")
    assert await rejected(http, "shop", "Signed Up") == 0


def test_a_version_that_cannot_be_used_leaves_the_one_before_and_holds_up_no_other_site(told):
    shelf, seen = plans.Shelf(told), []
    shelf.publish("shop", NEEDED, by="ada")
    folder = plans.folder(told)
    live = LiveFiles(LivePaths(folder / "keys", folder / "suppressed", folder / "key", folder))
    live.on_plans = lambda: seen.append(sorted(live.plans))
    live.read()
    before = live.plans["shop"]
    (folder / "shop.2.json").write_text("{}")
    shelf.publish("blog", NEEDED, by="ada")
    with pytest.raises(Misconfigured, match=r"shop\.2\.json cannot be used.*Publish the plan again"):
        live.read()
    assert live.plans["shop"] is before
    assert seen == [["shop"], ["blog", "shop"]]
    live.read()  # it was said once
    (folder / "shop.2.json").unlink()
    live.read()
    assert live.plans["shop"].check("Signed Up", "custom", {})


def test_a_plan_that_cannot_be_used_stops_a_start(told):
    folder = plans.folder(told)
    folder.mkdir(parents=True)
    (folder / "shop.1.json").write_text("{}")
    with pytest.raises(Misconfigured, match="Publish the plan again"):
        config_of(told)


def test_keys_that_are_made_later_and_e_mails_go_by_the_plan_too(told):
    plans.Shelf(told).publish("blog", NEEDED, by="ada")
    live = LiveFiles(config_of(told).live)
    live.read()
    config = replace(config_of(told), sites={}, rules={}).planned(live.plans)
    assert config.rules["blog"].plan is live.plans["blog"]

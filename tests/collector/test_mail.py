"""E-mails: opens and clicks are events, a page of preferences changes only by POST, and what is not ours does nothing."""

import asyncio
from dataclasses import replace

import httpx2
import pytest

from collector.app import create_app
from collector.core.links import LinkReader, Mailed, sign
from collector.core.sites import SiteRules
from tests.collector.conftest import NOW
from tests.collector.recording import RecordingPublisher
from tests.collector.serving import serving

TARGET = "https://shop.example/offer?a=1#part"
MAIL = Mailed("demo", "news-7", "c1", 2, TARGET)
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36"}


@pytest.fixture
def config(config):
    rules = SiteRules("demo", topics={"news": "News & more", "offers": "Offers"})
    return replace(config, links=LinkReader(["key"], ["retired"]), rules={"demo": rules})


def address(purpose, mailed=MAIL, key="key"):
    path = {"pixel": "/e/o/{}.gif", "link": "/e/c/{}", "unsubscribe": "/e/u/{}"}[purpose]
    return path.format(sign(mailed, purpose, key))


async def test_an_open_is_an_event_of_the_customer(http, publisher):
    answer = await http.get(address("pixel"), headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"], len(answer.content)) == (200, "image/gif", 43)
    assert "no-store" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers
    (event,) = publisher.stored
    assert (event["kind"], event["customer_id"], event["message_id"]) == ("email_open", "c1", "news-7")
    assert event["user_agent"] == BROWSER["user-agent"]
    assert "visitor_id" not in event


async def test_a_click_leads_on_with_its_id(http, publisher):
    answer = await http.get(address("link"), headers=BROWSER)
    (event,) = publisher.stored
    assert answer.status_code == 302
    assert answer.headers["location"] == f"https://shop.example/offer?a=1&fp_click={event['event_id']}#part"
    assert "no-store" in answer.headers["cache-control"]
    assert (event["kind"], event["url"], event["props"]["link"]) == ("email_click", TARGET, 2)


@pytest.mark.parametrize("purpose", ["pixel", "link"])
async def test_what_a_request_says_of_being_a_machines_is_kept(http, publisher, purpose):
    for method, headers in (("HEAD", {}), ("GET", {"sec-purpose": "prefetch;prerender"})):
        answer = await http.request(method, address(purpose), headers=headers)
        assert answer.status_code == (302 if purpose == "link" else 200)
    assert {event["props"]["hint"] for event in publisher.stored} == {"head", "prefetch"}


async def test_a_token_that_is_not_ours_makes_no_event_and_leads_nowhere(http, publisher):
    for purpose, status in (("pixel", 200), ("link", 404), ("unsubscribe", 404)):
        for wrong in (
            address(purpose, key="other"),
            address(purpose).replace("/e/", "/e/", 1)[:-6] + "AAAA.gif"[: 8 if purpose == "pixel" else 4],
        ):
            assert (await http.get(wrong)).status_code == status
    assert (await http.post(address("unsubscribe", key="other"))).status_code == 404
    assert not publisher.stored
    assert 'footprint_collector_bad_tokens_total{purpose="link"} 2.0' in (await http.get("/metrics")).text


async def test_a_link_of_a_retired_key_asks_before_it_leads_on(http, publisher):
    answer = await http.get(address("link", key="retired"))
    assert answer.status_code == 200
    assert "<strong>shop.example</strong>" in answer.text
    assert "location" not in answer.headers
    assert not publisher.stored


async def test_no_get_changes_a_preference(http, publisher):
    page = await http.get(address("unsubscribe"), headers={"accept-language": "de-CH, en;q=0.5"})
    assert page.status_code == 200
    assert '<html lang="de">' in page.text
    assert 'value="offers" checked>Offers' in page.text
    assert "News &amp; more" in page.text
    assert "script" not in page.headers["content-security-policy"]
    await http.head(address("unsubscribe"))
    assert not publisher.stored


async def test_one_click_ends_everything(http, publisher):
    answer = await http.post(address("unsubscribe"), data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    (event,) = publisher.stored
    assert (event["kind"], event["customer_id"]) == ("preference", "c1")
    assert event["props"] == {"channel": "email", "topic": "all", "opt": "out", "source": "one_click", "message_id": "news-7"}


async def test_topics_are_chosen_one_by_one(http, publisher):
    page = await http.post(address("unsubscribe"), data={"do": "save", "topic": "news"}, headers={"accept-language": "fr"})
    assert {event["props"]["topic"]: event["props"]["opt"] for event in publisher.stored} == {"news": "in", "offers": "out"}
    assert {event["props"]["source"] for event in publisher.stored} == {"page"}
    assert 'value="news" checked' in page.text
    assert 'value="offers">' in page.text
    assert "Enregistré" in page.text


@pytest.mark.parametrize(
    ("language", "button", "done", "leaving"),
    [
        ("en", "Unsubscribe from everything", "You will get no more", "This link is an old one"),
        ("de", "Alles abbestellen", "Sie bekommen keine", "Dieser Link ist alt"),
        ("fr", "Se désabonner de tout", "Vous ne recevrez plus", "Ce lien est ancien"),
        ("es", "Darse de baja de todo", "Ya no recibirá", "Este enlace es antiguo"),
    ],
)
async def test_the_pages_speak_the_readers_language(http, language, button, done, leaving):
    spoken = {"accept-language": f"{language}-XX;q=0.9, xx;q=1"}
    page = await http.get(address("unsubscribe"), headers=spoken)
    assert f'<html lang="{language}">' in page.text
    assert button in page.text
    assert "<script" not in page.text
    assert done in (await http.post(address("unsubscribe"), data={"do": "nothing"}, headers=spoken)).text
    assert leaving in (await http.get(address("link", key="retired"), headers=spoken)).text


@pytest.mark.parametrize("rules", [{}, {"dnt": True}, {"anonymous_key": b"k"}])
async def test_who_declines_to_be_tracked_may_choose_all_the_same(config, publisher, rules, transport):
    site = SiteRules("demo", **rules)
    async with serving(create_app(replace(config, rules={"demo": site}), publisher, now_ms=lambda: NOW), transport) as port:
        declining = BROWSER | {"sec-gpc": "1", "dnt": "1", "origin": "https://shop.example"}
        async with httpx2.AsyncClient() as client:
            answer = await client.post(f"http://127.0.0.1:{port}{address('unsubscribe')}", data={"do": "nothing"}, headers=declining)
    assert answer.status_code == 200
    (event,) = publisher.stored
    assert (event["customer_id"], event["props"]["opt"]) == ("c1", "out")
    assert not event.keys() & {"ip", "user_agent", "visitor_id"}


async def test_who_declines_to_be_tracked_gets_the_page_and_no_event(http, publisher):
    answer = await http.get(address("link"), headers={"sec-gpc": "1"})
    assert answer.headers["location"] == TARGET
    assert not publisher.stored


async def test_a_slow_kafka_delays_nobody_and_loses_nothing(config):
    publisher = RecordingPublisher(hold=asyncio.Event())
    async with serving(create_app(config, publisher, now_ms=lambda: NOW), "fast") as port, httpx2.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}{address('link')}", headers=BROWSER)
        assert answer.status_code == 302
        assert len(publisher.stored) == 1
        publisher.hold.set()


async def test_a_person_is_led_on_when_nothing_can_be_kept_and_a_choice_is_not_said_to_be(http, publisher):
    publisher.away = True
    assert (await http.get(address("link"))).status_code == 302
    assert (await http.get(address("pixel"))).status_code == 200
    assert (await http.post(address("unsubscribe"), data={"List-Unsubscribe": "One-Click"})).status_code == 503
    metrics = (await http.get("/metrics")).text
    for entry in ("open", "click", "preferences"):
        assert f'footprint_collector_not_durable_total{{entry="{entry}"}} 1.0' in metrics

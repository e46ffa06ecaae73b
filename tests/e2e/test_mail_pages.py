"""The page of preferences in a browser without JavaScript, as a form of its own."""

import pytest

from collector.app import create_app
from collector.config import CollectorConfig
from collector.core.links import LinkReader, Mailed, sign
from collector.core.sites import SiteRules
from tests.collector.recording import RecordingPublisher
from tests.collector.serving import serving_in_a_thread

PAGE = f"/e/u/{sign(Mailed('demo', 'news-7', 'ann@example.com'), 'unsubscribe', 'key')}"
RULES = SiteRules("demo", topics={"news": "News of the month", "offers": "Offers"})


@pytest.fixture
def publisher():
    return RecordingPublisher()


@pytest.fixture
def address(publisher):
    config = CollectorConfig(sites={"key": RULES}, rules={"demo": RULES}, partitions=1, links=LinkReader(["key"]))
    with serving_in_a_thread(create_app(config, publisher)) as port:
        yield f"http://127.0.0.1:{port}{PAGE}"


def test_topics_are_chosen_and_everything_is_ended_without_a_script(chromium, address, publisher):
    context = chromium.new_context(java_script_enabled=False, locale="es-ES")
    try:
        page = context.new_page()
        page.goto(address)
        assert page.title() == "Sus correos"
        assert "an…@example.com" in page.inner_text("main")
        page.get_by_label("Offers").uncheck()
        page.get_by_role("button", name="Guardar").click()
        assert page.get_by_role("status").inner_text() == "Guardado."
        assert not page.get_by_label("Offers").is_checked()
        page.get_by_role("button", name="Darse de baja de todo").click()
        assert page.get_by_role("status").inner_text() == "Ya no recibirá estos correos."
    finally:
        context.close()
    chosen = [(event["props"]["topic"], event["props"]["opt"], event["props"]["source"]) for event in publisher.stored]
    assert chosen == [("news", "in", "page"), ("offers", "out", "page"), ("all", "out", "page")]

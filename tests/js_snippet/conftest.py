"""A browser per module; a site, an endpoint and a page per test, where no page may ever see an error of ours."""

import pytest

from tests.js_snippet.recording import Endpoint, Site
from tests.support.browser import launched


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


@pytest.fixture
def endpoint():
    server = Endpoint()
    yield server
    server.close()


@pytest.fixture
def site(endpoint):
    server = Site(endpoint)
    yield server
    server.close()


@pytest.fixture
def context(chromium):
    context = chromium.new_context()
    yield context
    context.close()


@pytest.fixture
def page(context):
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []

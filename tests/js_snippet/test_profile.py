"""`profile` of the full build: who does not want it, or may not have it, is asked about nothing. What it tells is in tests/e2e/test_liked.py."""

import pytest

pytestmark = pytest.mark.browser

TOLD = "new Promise((told) => footprint('profile', told))"


def asked(endpoint):
    return [request.method for request in endpoint.requests if request.path.startswith("/v1/me")]


@pytest.fixture
def show(page, site):
    site.build = "fp.full.js"

    def show(said):
        site.attributes = f'data-key="KEY" {said}'
        page.goto(f"{site.address}/here")
        return page.evaluate(TOLD)

    return show


def test_nothing_is_asked_where_the_page_does_not_want_it_or_nothing_is_kept_or_consent_is_missing(show, endpoint):
    for said in ("", 'data-profile data-mode="none"', 'data-profile data-consent="pending"'):
        assert show(said) == {}
        assert asked(endpoint) == []


def test_a_collector_that_gives_no_proof_leaves_the_page_with_an_id_of_its_own_and_no_profile(show, endpoint, page):
    assert show("data-profile") == {}
    assert asked(endpoint) == ["POST"]
    page.wait_for_function("document.cookie.includes('fp_visitor')")


def test_the_plain_build_knows_nothing_of_it(page, site, endpoint):
    site.attributes = 'data-key="KEY" data-profile'
    page.goto(f"{site.address}/here")
    assert page.evaluate("footprint('profile', () => (window.told = 1))") is None
    [view] = endpoint.wait_for("page_view")
    assert view["anonymousId"]
    assert asked(endpoint) == []
    assert page.evaluate("window.told") is None

"""The collector is what its own description says, for every request that the description allows and many that it does not."""

from functools import cache

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi import checks

from collector.app import VERSION, _Pages, create_app
from collector.config import CollectorConfig
from collector.core.openapi import document
from collector.core.routes import MAILED, ROUTES
from collector.core.sites import SiteRules
from collector.hooks import Hooks
from collector.mail import Mail
from collector.me import MePage
from collector.opt_outs import OptOutPage
from collector.profiles import ProfilePage
from tests.collector.recording import RecordingPublisher
from tests.collector.serving import serving_in_a_thread

DOCUMENT = document(VERSION)
ENTRIES = [
    "/v1/suppressions",
    "/v1/profiles/{customer}",
    "/v1/me",
    "/v1/batch",
    "/v1/track",
    "/v1/identify",
    "/v1/page",
    "/v1/alias",
    "/v1/pixel/track",
    "/beacon/v1/batch",
    "/v1/visitor",
]
PLAIN = [
    "/hooks/{provider}/{site}",
    "/e/o/{token}.gif",
    "/e/c/{token}",
    "/v1/m",
    "/v1/projects/{key}/settings",
    "/live",
    "/openapi.json",
    "/docs",
]
"""Nothing wrong can be said to these."""

MODES = [*((path, mode) for path in ENTRIES for mode in ("positive", "negative")), *((path, "positive") for path in PLAIN)]


async def test_the_description_is_served_and_lists_every_path(http):
    served = (await http.get("/openapi.json")).json()
    assert served == DOCUMENT
    routes = [*_Pages.routes(_Nothing()), *OptOutPage.routes(_Nothing()), *Mail.routes(_Nothing()), *Hooks.routes(_Nothing())]
    routes += [*ProfilePage.routes(_Nothing()), *MePage.routes(_Nothing())]
    pages = {route.path.replace(":path}", "}") for route in routes if not route.path.endswith("/")}
    assert set(served["paths"]) == pages | MAILED.keys() | {path for path in ROUTES if not path.endswith("/")}
    page = await http.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert all(path in page.text for path in served["paths"])


@pytest.fixture(scope="module")
def serving_address():
    app = create_app(CollectorConfig(sites={"demo-key": SiteRules("demo")}, partitions=4), RecordingPublisher())
    with serving_in_a_thread(app) as port:
        yield f"http://127.0.0.1:{port}"


class _Nothing:
    """Stands for the pages where only their paths are asked for."""

    def __getattr__(self, name):
        return lambda request: None


@cache
def schema():
    return schemathesis.openapi.from_dict(DOCUMENT)


QUICK = settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)


@pytest.mark.parametrize(("path", "mode"), MODES)
def test_every_answer_is_one_that_is_described(serving_address, path, mode):
    method = next(iter(DOCUMENT["paths"][path]))
    cases = schema()[path][method.upper()].as_strategy(generation_mode=schemathesis.GenerationMode(mode))

    @QUICK
    @given(case=cases)
    def asked(case):
        case.headers = {**(case.headers or {}), "X-Write-Key": "demo-key"}
        answer = case.call(base_url=serving_address, timeout=10)
        assert answer.status_code < 500
        case.validate_response(
            answer,
            checks=[
                checks.status_code_conformance,
                checks.content_type_conformance,
                checks.response_schema_conformance,
                checks.response_headers_conformance,
            ],
        )

    asked()

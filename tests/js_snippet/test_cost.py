"""What the snippet never costs a page, told by a trace. How long things take is for `python -m bench snippet`."""

import json

import pytest

from tests.js_snippet.recording import SNIPPET

pytestmark = pytest.mark.browser

BODY = '<a id="link" href="#there">there</a><form id="form"><input name="mail"></form><p id="there" style="height: 4000px">long</p>'
USE = """async () => {
    const dirty = () => { document.body.style.paddingTop = Math.random() + 'px' };
    const pause = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)));
    const uses = [
        () => document.getElementById('link').click(),
        () => footprint('track', 'one'),
        () => document.forms[0].mail.dispatchEvent(new Event('input', {bubbles: true})),
        () => dispatchEvent(new Event('scroll')),
        () => dispatchEvent(new Event('pointermove')),
        () => history.pushState({}, '', '/next'),
        () => dispatchEvent(new Event('blur')),
        () => dispatchEvent(new Event('focus')),
    ];
    for (const use of uses) { dirty(); use(); await pause(); }
    dirty();
    dispatchEvent(new Event('pagehide'));
}"""


def inside(event, outer):
    same = (event["pid"], event["tid"]) == (outer["pid"], outer["tid"])
    return same and outer["ts"] <= event["ts"] <= outer["ts"] + outer["dur"]


def test_no_handler_forces_a_layout_however_dirty_the_page_is(page, chromium, site, endpoint):
    site.body = BODY
    page.goto("about:blank")
    chromium.start_tracing(page=page, categories=["devtools.timeline"])
    page.goto(site.address)
    page.evaluate(USE)
    endpoint.wait_for("engagement")
    spans = [event for event in json.loads(chromium.stop_tracing())["traceEvents"] if event.get("ph") == "X"]
    own = [event for event in spans if SNIPPET.name in str(event.get("args", {}).get("data", {}).get("url"))]
    layouts = [event for event in spans if event["name"] == "Layout"]
    assert len(own) > 8
    assert layouts
    assert [layout for layout in layouts if any(inside(layout, event) for event in own if event["name"] == "FunctionCall")] == []

"""The price page twice, in Chromium: a task in the rep's list, and a signed call to the rep's server."""

from statistics import median

import pytest

from sinks.webhooks.core.signing import read_key, signature
from tests.support.line import WEBHOOK_KEY
from tests.support.selling import Desk, shop_of

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.browser]

RUNS = 3


def test_whoever_looks_at_the_prices_twice_is_a_task_of_the_rep_and_a_signed_call(line, rep, chromium):
    with shop_of(line) as shop:
        desk = Desk(line, rep, chromium, shop)
        heard = [desk.somebody_looks_twice() for _ in range(RUNS)]
    print(  # noqa: T201 - what a run was like; bench/tasks.py is where it is measured
        f"median of {RUNS}: task after {median(one.task_s for one in heard):.2f} s, call after {median(one.call_s for one in heard):.2f} s"
    )
    task, call = desk.last_call()
    assert task["title"].startswith("Price page twice: visitor ")
    made = signature(read_key(WEBHOOK_KEY), call.headers["webhook-id"], int(call.headers["webhook-timestamp"]), call.body)
    assert call.headers["webhook-signature"] == f"v1,{made}"
    page = desk.page(heard[-1].task.removeprefix("/s/desk/"))
    assert "Task opened: Price page twice (/pricing), for rita" in page
    assert "campaigns" in page
    assert len({one.task for one in heard}) == RUNS

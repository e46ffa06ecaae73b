"""Who looked at whom is shown to admins of the website; who signed in, to those of every website."""

from datetime import UTC, datetime

import pytest

from console.core.accounts import User
from tests.console.test_console import HASH
from tests.console.test_journal import Rig

ENTRY = {
    "at": datetime(2027, 1, 15, tzinfo=UTC),
    "made_by": "ada",
    "action": "looked_at_customer",
    "customer_id": "",
    "who": "0123456789abcdef",
    "detail": "customer",
    "address": "192.0.2.0",
}


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    rig.store.answers["FROM audit"] = [ENTRY]
    rig.sign_in("root")
    return rig


def asked(rig):
    return [one for one in rig.store.asked if "action" in one]


def test_an_admin_of_the_website_sees_its_entries_and_no_others(rig):
    text = rig.get("audit?user=ada&action=looked_at_customer&customer=anna").text
    assert "looked at customer" in text
    assert "forgotten 01234567" in text
    assert [(one["site"], one["user"], one["action"], one["who"]) for one in asked(rig)] == [
        ("shop", "ada", "looked_at_customer", "shop/anna")
    ]


def test_an_admin_of_every_website_also_sees_who_signed_in(rig):
    rig.users["over"] = User("over", HASH, {"*": "admin"}, 1, 1)
    rig.sign_in("over")
    rig.get("audit")
    assert [one["site"] for one in asked(rig)] == ["shop", ""]


def test_nobody_else_sees_any_entry(rig):
    for name in ("ada", "vera"):
        rig.sign_in(name)
        assert rig.get("audit").status_code == 403
        assert "role admin" in rig.get("sql/audit_entries").text
    assert asked(rig) == []

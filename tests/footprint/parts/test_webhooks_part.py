"""Addresses from the settings, the test call, and what is refused at the start."""

import json

import pytest
from typer.testing import CliRunner

from footprint import cli
from footprint.parts import webhooks
from footprint.settings import Settings, read_settings
from schemas.errors import Misconfigured
from sinks.webhooks.core.signing import read_key, signature
from tests.support.receiver import Receiver

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def receiver():
    with Receiver() as started:
        yield started


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Settings with one address, `crm`."""

    def write(url, *more):
        file = tmp_path / "footprint.toml"
        file.write_text("\n".join(["[webhooks.crm]", f'url = "{url}"', f'keys = ["{KEY}"]', *more]))
        monkeypatch.setenv("FOOTPRINT_CONFIG", str(file))
        return read_settings({"FOOTPRINT_CONFIG": str(file)})

    return write


def test_an_address_is_what_its_table_says(told):
    (address,) = webhooks.addresses_of(told("https://crm.example/x", 'shape = "task"', 'sites = ["shop"]', 'triggers = ["hot"]'))
    assert (address.name, address.url, address.keys) == ("crm", "https://crm.example/x", (read_key(KEY),))
    assert (address.shape, address.sites, address.triggers) == ("task", {"shop"}, {"hot"})


@pytest.mark.parametrize("url", ["ftp://crm.example/", "crm.example", "https://user:password@crm.example/", "https:///x"])
def test_what_is_no_address_is_refused_at_the_start_without_repeating_it(told, url):
    with pytest.raises(Misconfigured, match=r"webhooks\.crm\.url") as refused:
        told(url)
    assert "password@" not in str(refused.value)


@pytest.mark.parametrize(("line", "says"), [('shape = "xml"', "shape"), ('key = "x"', "Did you mean 'keys'"), ('sites = "shop"', "sites")])
def test_a_setting_that_is_none_is_refused_with_what_is_meant(told, line, says):
    with pytest.raises(Misconfigured, match=says):
        told("https://crm.example/", line)


def test_a_key_that_cannot_sign_is_refused_and_not_shown(tmp_path):
    (tmp_path / "footprint.toml").write_text('[webhooks.crm]\nurl = "https://crm.example/"\nkeys = ["hunter2"]\n')
    with pytest.raises(Misconfigured, match="fewer than 16 bytes") as refused:
        read_settings({"FOOTPRINT_CONFIG": str(tmp_path / "footprint.toml")})
    assert "hunter2" not in str(refused.value)


def test_a_variable_cannot_hold_them():
    with pytest.raises(Misconfigured, match=r"\[webhooks\.NAME\]"):
        read_settings({"FOOTPRINT_WEBHOOKS": "crm=https://crm.example/"})


def test_there_must_be_somebody_to_call():
    with pytest.raises(Misconfigured, match=r"\[webhooks\.NAME\]"):
        webhooks.run(Settings(), health_port=0)


def test_the_test_call_is_signed_and_tells_what_was_answered(told, receiver):
    told(receiver.url("/hook"))
    done = CliRunner().invoke(cli.register(), ["webhooks", "--test", "crm"])
    assert done.exit_code == 0
    assert "crm accepted the call with status 200" in done.output
    (call,) = receiver.calls
    made = signature(read_key(KEY), call.headers["webhook-id"], int(call.headers["webhook-timestamp"]), call.body)
    assert call.headers["webhook-signature"] == f"v1,{made}"
    assert json.loads(call.body)["data"]["trigger"] == "price_page_twice"


def test_the_test_call_tells_of_a_refusal_and_of_nobody_there(told, receiver):
    receiver.behave["/hook"] = [403]
    accepted, said = webhooks.try_out(told(receiver.url("/hook")), "crm")
    assert (accepted, "status 403" in said) == (False, True)
    accepted, said = webhooks.try_out(told("http://127.0.0.1:9/"), "crm")
    assert (accepted, "did not answer" in said) == (False, True)
    with pytest.raises(Misconfigured, match="there are: crm"):
        webhooks.try_out(told("http://127.0.0.1:9/"), "other")

"""What the collector knows of each site, from settings."""

import pytest

from footprint import keys
from footprint.parts.collector import config_of
from footprint.parts.collector_sites import rules_for
from footprint.settings import Settings, SiteSettings, read_settings
from footprint.suppressing import suppress, suppression_key_file
from schemas.errors import Misconfigured


def rules(tmp_path, secret_keys="one,two", workers=1, **told):
    settings = Settings(sites={"shop": SiteSettings(**told)}, data_dir=tmp_path, secret_keys=secret_keys, collector_workers=workers)
    return rules_for(settings, ["shop"])["shop"]


def test_nothing_is_switched_on_by_itself(tmp_path):
    plain = rules(tmp_path)
    assert (plain.dnt, plain.anonymous_key, plain.hash_key, plain.cookie_keys, plain.rate_per_key, plain.plan) == (
        False,
        b"",
        b"",
        (),
        None,
        None,
    )
    assert list(tmp_path.iterdir()) == []


def test_the_newest_secret_key_makes_pseudonyms_and_every_one_still_reads_cookies(tmp_path):
    one, both = rules(tmp_path, "one", hash_ids=True), rules(tmp_path, "one,two", hash_ids=True)
    assert one.hash_key != both.hash_key == rules(tmp_path, "two", hash_ids=True).hash_key
    cookie = {"cookie": True, "mode": "server"}
    assert rules(tmp_path, "one,two", **cookie).cookie_keys == (
        *rules(tmp_path, "one", **cookie).cookie_keys,
        *rules(tmp_path, "two", **cookie).cookie_keys,
    )


def test_without_secret_keys_the_data_folder_keeps_one(tmp_path):
    assert rules(tmp_path, "", hash_ids=True) == rules(tmp_path, "", hash_ids=True)
    assert (tmp_path / "secrets" / "signing-key").stat().st_mode & 0o777 == 0o600


def test_an_anonymous_site_keeps_no_address_and_workers_share_a_rate(tmp_path):
    assert rules(tmp_path, anonymous=True, ip="full").ip == "drop"
    assert rules(tmp_path, workers=4, rate_per_key=100).rate_per_key == 25


@pytest.mark.parametrize(
    "told", [{"cookie": True}, {"anonymous": True, "cookie": True, "mode": "server"}, {"anonymous": True, "hash_ids": True}]
)
def test_settings_that_contradict_each_other_are_refused(tmp_path, told):
    with pytest.raises(Misconfigured, match="shop"):
        rules(tmp_path, **told)


def test_a_collector_does_not_start_over_a_list_that_it_cannot_read(tmp_path):
    settings = Settings(write_keys="shop:key", data_dir=tmp_path)
    suppress(settings, "shop", ["anna"])
    config_of(settings)
    suppression_key_file(settings).unlink()
    with pytest.raises(Misconfigured, match="suppressed"):
        config_of(settings)


def test_a_key_made_by_the_command_is_enough_to_start(tmp_path):
    settings = Settings(data_dir=tmp_path)
    with pytest.raises(Misconfigured, match="footprint keys create"):
        config_of(settings)
    keys.create(keys.keys_file(settings), "shop", "write")
    assert config_of(settings).sites == {}


def test_a_plan_stands_beside_the_settings_file(tmp_path):
    (tmp_path / "plan.yaml").write_text("events: {Signed Up: {mode: reject, schema: {required: [plan]}}}")
    (tmp_path / "footprint.toml").write_text('[sites.shop]\nplan = "plan.yaml"\n')
    settings = read_settings({"FOOTPRINT_CONFIG": str(tmp_path / "footprint.toml"), "FOOTPRINT_DATA_DIR": str(tmp_path / "data")})
    plan = rules_for(settings, ["shop"])["shop"].plan
    assert plan.rules["Signed Up"].mode == "reject"
    (tmp_path / "plan.yaml").write_text("events: 7")
    with pytest.raises(Misconfigured, match=r"plan\.yaml"):
        rules_for(settings, ["shop"])

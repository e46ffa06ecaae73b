"""The collector's configuration, from settings."""

import asyncio
from ipaddress import ip_network

import pytest

from collector.core.sites import SiteRules
from footprint.local.ports import free_port
from footprint.parts.collector import config_of, trusted_networks
from footprint.parts.collector_delivery import delivery_of
from footprint.settings import Settings, SiteSettings
from schemas.errors import Misconfigured


def test_every_key_finds_the_rules_of_its_site():
    shop = SiteSettings(keys=("k1", "k2"), allowed_origins=("https://shop.example/",), ip="drop")
    config = config_of(Settings(sites={"shop": shop}, write_keys="demo:k3", partitions=7, trusted_proxies="10.0.0.0/8"))
    rules = SiteRules("shop", frozenset({"https://shop.example"}), "drop")
    assert config.sites == {"k1": rules, "k2": rules, "k3": SiteRules("demo")}
    assert config.partitions == 7
    assert config.trusted_proxies == (ip_network("10.0.0.0/8"),)


def test_a_collector_without_a_key_does_not_start(tmp_path):
    with pytest.raises(Misconfigured, match="FOOTPRINT_WRITE_KEYS"):
        config_of(Settings(data_dir=tmp_path))


def test_what_is_no_network_is_refused_with_its_setting():
    assert trusted_networks(" 10.1.2.3/8 ,::1") == (ip_network("10.0.0.0/8"), ip_network("::1"))
    with pytest.raises(Misconfigured, match="FOOTPRINT_TRUSTED_PROXIES"):
        trusted_networks("proxy.example")


async def test_the_spool_lies_on_a_disk_of_its_own_where_settings_name_one(tmp_path):
    settings = Settings(data_dir=tmp_path / "shared", spool_dir=tmp_path / "own", kafka_bootstrap=f"127.0.0.1:{free_port()}")
    delivery = await delivery_of(settings, asyncio.Event(), failed=pytest.fail)
    await delivery.close()
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["1"]
    assert not (tmp_path / "shared" / "spool").exists()

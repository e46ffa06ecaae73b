"""Other commands find the running line in its data folder."""

import os
import subprocess
import sys

import pytest

from footprint.local.ports import free_port, is_free, require_free
from footprint.local.secrets import password_of
from footprint.parts.connections import resolve_collector, resolve_kafka, resolve_store, secrets_folder, store_of, write_key
from footprint.parts.run_file import Run, find_run, read_run, remove_run, write_run
from footprint.settings import Settings
from schemas.errors import Misconfigured
from tests.footprint.supervisor.test_up import taken_port


def run_of(pid):
    return Run(
        pid=pid,
        kafka="127.0.0.1:1111",
        clickhouse="http://127.0.0.1:2222",
        collector="http://127.0.0.1:3333",
        console="http://127.0.0.1:4444",
        shop="http://127.0.0.1:5555",
        health={"sink": "http://127.0.0.1:6666/ready"},
        pids={"sink": 7},
    )


def test_a_running_line_is_found_until_it_is_removed(tmp_path):
    write_run(tmp_path, run_of(os.getpid()))
    assert read_run(tmp_path) == run_of(os.getpid())
    remove_run(tmp_path)
    remove_run(tmp_path)
    with pytest.raises(Misconfigured, match="footprint up"):
        read_run(tmp_path)


def test_a_line_that_was_killed_does_not_count_as_running(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    write_run(tmp_path, run_of(ended.pid))
    assert find_run(tmp_path) is None


def test_a_damaged_file_is_no_running_line(tmp_path):
    (tmp_path / "run.json").write_text("{")
    assert find_run(tmp_path) is None


def test_connections_come_from_settings_then_from_the_running_line_then_from_defaults(tmp_path):
    password_of(secrets_folder(tmp_path), "analyst")
    silent = Settings(data_dir=tmp_path)
    assert resolve_kafka(silent).bootstrap == "127.0.0.1:9092"
    assert resolve_collector(silent) == "http://127.0.0.1:8000"
    assert resolve_store(silent, user="analyst").url == "http://127.0.0.1:8123"
    write_run(tmp_path, run_of(os.getpid()))
    assert resolve_kafka(silent).bootstrap == "127.0.0.1:1111"
    assert resolve_collector(silent) == "http://127.0.0.1:3333"
    found = resolve_store(silent, user="analyst")
    assert (found.url, found.user, found.password) == ("http://127.0.0.1:2222", "analyst", password_of(secrets_folder(tmp_path), "analyst"))
    named = Settings(data_dir=tmp_path, kafka_bootstrap="k:1", clickhouse_url="https://me:p%40ss@store/mine")
    assert resolve_kafka(named).bootstrap == "k:1"
    store = resolve_store(named, user="analyst")
    assert (store.url, store.user, store.password, store.database) == ("https://store:8443", "me", "p@ss", "mine")


def test_a_folder_without_a_store_says_what_to_do(tmp_path):
    with pytest.raises(Misconfigured, match="footprint up"):
        resolve_store(Settings(data_dir=tmp_path), user="pipeline")


def test_an_address_that_is_none_says_how_to_write_one():
    with pytest.raises(Misconfigured, match="http://user:password@host"):
        store_of("store:8123")


def test_the_write_key_of_a_site_is_found_and_a_missing_one_named(tmp_path):
    settings = Settings(data_dir=tmp_path, write_keys="mine:key")
    assert write_key(settings, "mine") == "key"
    assert write_key(Settings(data_dir=tmp_path), "demo") == "demo"
    with pytest.raises(Misconfigured, match="'other' has no write key; known sites: mine"):
        write_key(settings, "other")


def test_a_taken_port_is_told_from_a_free_one():
    port = free_port()
    assert is_free(port)
    require_free(port, what="x", setting="Y")
    with taken_port() as taken:
        assert not is_free(taken)
        with pytest.raises(Misconfigured, match=f"Port {taken} for the shop is taken.*SHOP"):
            require_free(taken, what="the shop", setting="SHOP")


def test_the_address_of_a_store_may_name_its_cluster():
    assert store_of("http://a:b@store:8123/footprint?cluster=shop").cluster == "shop"
    assert store_of("http://a:b@store:8123/footprint").cluster == ""
    for wrong in ("?cluster=a`b", "?cluster=shop&more=1", "?other=1"):
        with pytest.raises(Misconfigured, match="cluster=NAME"):
            store_of(f"http://store:8123/footprint{wrong}")

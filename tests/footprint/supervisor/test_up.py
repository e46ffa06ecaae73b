"""`footprint up` decides what runs, and refuses to start in a sentence."""

import os
import socket
import subprocess
import sys
from contextlib import contextmanager

import httpx2
import pytest

from footprint.demo.line import PORTS, free_ports
from footprint.local.folder_lock import locked
from footprint.settings import PREFIX, Settings, read_settings
from footprint.supervisor.line import line_of
from footprint.supervisor.up import up as start
from schemas.errors import Misconfigured


@contextmanager
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def settings(tmp_path, **more):
    ports = {name.lower(): port for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
    return Settings(data_dir=tmp_path / "data", **(ports | more))


@pytest.fixture
async def client():
    async with httpx2.AsyncClient() as client:
        yield client


def up(folder, **variables):
    own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    own |= {PREFIX + name.upper(): str(value) for name, value in variables.items()}
    program = [sys.executable, "-c", "from footprint.cli import main; main()", "up", "--data-dir", str(folder)]
    return subprocess.run(program, cwd=folder, env=own, capture_output=True, text=True, timeout=60)


async def test_everything_local_is_started_and_stops_with_the_flow(tmp_path, client):
    line = line_of(settings(tmp_path), client)
    assert [part.name for part in line.servers] == ["kafka", "clickhouse"]
    assert [part.name for part in line.stages] == ["collector", "streams", "profiles", "sink", "rebuild", "console", "shop"]
    assert line.stop_order() == ["collector", "streams", "profiles", "sink", "rebuild", "console", "shop", "clickhouse", "kafka"]


async def test_servers_that_settings_name_are_not_started(tmp_path, client):
    named = settings(tmp_path, kafka_bootstrap="broker:9092", clickhouse_url="http://me:hidden@store:8123/mine")
    line = line_of(named, client)
    assert line.servers == ()
    assert (line.run.kafka, line.run.clickhouse) == ("broker:9092", "http://store:8123")


async def test_several_workers_stop_together_after_the_collector(tmp_path, client):
    line = line_of(settings(tmp_path, streams_workers=2), client)
    assert line.stop_order()[:5] == ["collector", "streams-1", "streams-2", "profiles", "sink"]
    assert len(line.flow) == 5


async def test_without_a_site_there_is_a_demo_site(tmp_path, client):
    assert line_of(settings(tmp_path), client).settings.site_keys() == {"demo": "demo"}
    assert line_of(settings(tmp_path, write_keys="mine:key"), client).settings.site_keys() == {"key": "mine"}


async def test_no_secret_stands_on_a_command_line_and_children_read_the_same_settings(tmp_path, client):
    named = settings(tmp_path, clickhouse_url="http://me:hidden@store:8123/mine", write_keys="mine:key-1,other:key-2")
    line = line_of(named, client)
    secrets = ["hidden", line.settings.secret_keys]
    for part in (*line.servers, *line.stages):
        assert not any(secret in argument for secret in secrets for argument in part.command)
        assert read_settings(dict(part.environment)) == line.settings


async def test_the_signing_key_is_made_once(tmp_path, client):
    wanted = settings(tmp_path)
    first = line_of(wanted, client).settings.secret_keys
    assert len(first) > 40
    assert line_of(wanted, client).settings.secret_keys == first


@pytest.mark.parametrize("name", ["collector_port", "console_port", "shop_port", "local_kafka_port", "local_clickhouse_port"])
async def test_a_taken_port_is_named_with_its_setting(tmp_path, client, name):
    with taken_port() as port, pytest.raises(Misconfigured, match=rf"Port {port} .*FOOTPRINT_{name.upper()}"):
        line_of(settings(tmp_path, **{name: port}), client)


def test_a_second_start_on_one_folder_is_refused(tmp_path):
    with locked(tmp_path / "lock", taken=""):
        done = up(tmp_path)
    assert done.returncode == 1
    assert "Another `footprint up` runs on" in done.stderr
    assert "--data-dir" in done.stderr


def test_a_taken_port_ends_the_program_with_1_and_leaves_the_folder_free(tmp_path):
    tmp_path.chmod(0o755)
    with taken_port() as port:
        done = up(tmp_path, collector_port=port)
    assert done.returncode == 1
    assert f"Port {port} for the collector is taken" in done.stderr
    assert not (tmp_path / "run.json").exists()
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    locked(tmp_path / "lock", taken="").close()


def test_a_place_that_cannot_be_a_data_folder_is_told_with_what_to_do(tmp_path):
    file = tmp_path / "a-file"
    file.touch()
    with pytest.raises(Misconfigured, match=r"Cannot use .*a-file .*--data-dir"):
        start(Settings(data_dir=file), exit_when_idle=False)


def test_a_folder_that_holds_other_things_keeps_its_mode(tmp_path):
    (tmp_path / "photo.jpg").touch()
    tmp_path.chmod(0o755)
    with locked(tmp_path / "lock", taken=""):
        assert up(tmp_path).returncode == 1
    assert tmp_path.stat().st_mode & 0o777 == 0o755

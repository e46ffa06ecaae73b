"""`footprint deploy env` makes the secrets of an installation, once."""

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from footprint import cli
from footprint.deploy.env import BYTES, text_of, variables, write
from footprint.settings import PREFIX, read_settings
from schemas.errors import Misconfigured


def read(text):
    return dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))


def test_the_file_says_every_variable_below_what_it_is_for():
    found = variables("shop", "track.example.com")
    text = text_of(found)
    assert read(text) == {one.name: one.value for one in found}
    assert all(f"# {one.meaning}\n{one.name}=" in text for one in found)


def test_every_secret_is_long_and_its_own():
    secrets = [one.value for one in variables("shop", "localhost") if one.secret]
    assert len(set(secrets)) == len(secrets) >= 5
    assert all(len(value) >= BYTES for value in secrets)


def test_two_installations_share_no_secret():
    first, second = ({one.value for one in variables("shop", "localhost") if one.secret} for _ in range(2))
    assert not first & second


def test_what_is_a_setting_is_one_that_the_program_takes():
    told = {one.name: one.value for one in variables("shop", "localhost") if one.name.startswith(PREFIX)}
    assert list(read_settings(told).site_keys().values()) == ["shop"]


def test_no_id_of_a_kafka_cluster_is_taken_for_an_option():
    found = {one.name: one.value for one in variables("shop", "localhost", lambda size: "-" + "x" * size)}
    assert found["KAFKA_CLUSTER_ID"].startswith("A")


@given(st.text(max_size=80))
def test_no_name_of_a_site_or_host_makes_a_line_of_its_own(name):
    for site, domain in ((name, "localhost"), ("shop", name)):
        try:
            text = text_of(variables(site, domain))
        except Misconfigured:
            continue
        assert len(read(text)) == len(variables("shop", "localhost"))


@pytest.mark.parametrize("domain", ["https://track.example.com", "track.example.com:443", "", "a b", "-a.example", "a..b"])
def test_what_is_no_host_name_is_refused(domain):
    with pytest.raises(Misconfigured, match="host name"):
        variables("shop", domain)


def test_only_its_owner_reads_the_file(tmp_path):
    write(tmp_path / ".env", "A=b\n")
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_a_file_that_is_there_is_not_overwritten(tmp_path):
    write(tmp_path / ".env", "A=old\n")
    with pytest.raises(Misconfigured, match="in use"):
        write(tmp_path / ".env", "A=new\n")
    assert (tmp_path / ".env").read_text() == "A=old\n"
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Misconfigured, match="Cannot write"):
        write(tmp_path / "missing" / ".env", "A=b\n")


def test_the_command_says_what_to_do_next_and_shows_no_secret(tmp_path):
    path = tmp_path / ".env"
    done = CliRunner().invoke(cli.register(), ["deploy", "env", "--file", str(path), "--site", "shop"])
    assert done.exit_code == 0
    assert "docker compose" in done.output
    secrets = [value for name, value in read(path.read_text()).items() if "KEY" in name or "PASSWORD" in name]
    assert not any(value in done.output for value in secrets)

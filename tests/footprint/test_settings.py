"""Settings come from the file and the variables, and a mistake is answered with what was meant."""

import pytest

from footprint.settings import environment_of, read_settings
from schemas.errors import Misconfigured


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / "footprint.toml"
        path.write_text(text)
        return {"FOOTPRINT_CONFIG": str(path)}

    return write


def test_variables_override_the_file(config):
    environ = config("collector_port = 9000\nconsole_port = 9001\n") | {"FOOTPRINT_COLLECTOR_PORT": "9100"}
    settings = read_settings(environ)
    assert (settings.collector_port, settings.console_port) == (9100, 9001)


def test_an_unknown_variable_is_refused_with_the_nearest_name():
    with pytest.raises(Misconfigured, match="FOOTPRINT_COLLECTOR_PORT"):
        read_settings({"FOOTPRINT_COLECTOR_PORT": "1"})


def test_an_unknown_name_in_a_site_is_refused_with_the_nearest_name(config):
    with pytest.raises(Misconfigured, match="session_gap_s"):
        read_settings(config("[sites.shop]\nsession_gap = 60\n"))


def test_a_bad_value_names_the_setting():
    with pytest.raises(Misconfigured, match="collector_port"):
        read_settings({"FOOTPRINT_COLLECTOR_PORT": "many"})


def test_a_missing_config_file_is_said(tmp_path):
    with pytest.raises(Misconfigured, match="FOOTPRINT_CONFIG"):
        read_settings({"FOOTPRINT_CONFIG": str(tmp_path / "none.toml")})


def test_keys_come_from_both_places(config):
    settings = read_settings(config('[sites.shop]\nkeys = ["a", "b"]\n') | {"FOOTPRINT_WRITE_KEYS": "demo:c, blog:d"})
    assert settings.site_keys() == {"a": "shop", "b": "shop", "c": "demo", "d": "blog"}


def test_two_sites_cannot_share_a_key(config):
    with pytest.raises(Misconfigured, match="share a write key"):
        read_settings(config('[sites.shop]\nkeys = ["a"]\n') | {"FOOTPRINT_WRITE_KEYS": "demo:a"}).site_keys()


def test_a_key_without_a_site_is_refused():
    with pytest.raises(Misconfigured, match="site:key"):
        read_settings({"FOOTPRINT_WRITE_KEYS": "demo"}).site_keys()


def test_a_child_process_gets_the_same_settings():
    settings = read_settings({"FOOTPRINT_COLLECTOR_PORT": "9100", "FOOTPRINT_DATA_DIR": "/tmp/x", "FOOTPRINT_TEST_CONTAINERS": "1"})
    assert read_settings(environment_of(settings)) == settings


def test_secrets_do_not_show_in_a_printed_settings_object():
    assert "hunter2" not in repr(read_settings({"FOOTPRINT_KAFKA_SASL_PASSWORD": "hunter2", "FOOTPRINT_WRITE_KEYS": "a:hunter2"}))


@pytest.mark.parametrize("name", ["a:b", "", "-x", "a b", "x" * 65, "a/b"])
def test_a_site_name_that_would_break_a_key_is_refused(config, name):
    with pytest.raises(Misconfigured, match="usable name"):
        read_settings(config(f'[sites."{name}"]\nkeys = ["k"]\n'))


def test_a_site_name_in_a_variable_is_held_to_the_same():
    with pytest.raises(Misconfigured, match="usable name"):
        read_settings({"FOOTPRINT_WRITE_KEYS": "a b:key"}).site_keys()


@pytest.mark.parametrize("text", ['sites = "demo"', '[sites]\ndemo = "key"'])
def test_sites_that_are_not_tables_are_told_as_such(config, text):
    with pytest.raises(Misconfigured, match=r"not tables.*\[sites\.NAME\]"):
        read_settings(config(text))

"""Settings come from the file and the variables, and a mistake is answered with what was meant."""

import pytest

from footprint.settings import SECRETS, environment_of, read_settings
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


@pytest.mark.parametrize("name", SECRETS)
def test_each_secret_may_stand_in_a_file_and_shows_nowhere(tmp_path, name):
    (tmp_path / "secret").write_text("demo:hunter2\n")
    settings = read_settings({f"FOOTPRINT_{name.upper()}_FILE": str(tmp_path / "secret")})
    assert getattr(settings, name) == "demo:hunter2"
    assert "hunter2" not in repr(settings)
    assert read_settings(environment_of(settings)) == settings


def test_a_secret_and_its_file_are_one_too_many(tmp_path):
    (tmp_path / "secret").write_text("k")
    both = {"FOOTPRINT_SECRET_KEYS": "k", "FOOTPRINT_SECRET_KEYS_FILE": str(tmp_path / "secret")}
    with pytest.raises(Misconfigured, match="both set"):
        read_settings(both)
    assert read_settings(both | {"FOOTPRINT_SECRET_KEYS": ""}).secret_keys == "k", "an empty variable is not set"


@pytest.mark.parametrize(("content", "says"), [(None, "No such file"), ("\n", "is empty"), (b"\xff", "not text")])
def test_a_file_without_a_secret_is_said_by_its_variable(tmp_path, content, says):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(Misconfigured, match=f"FOOTPRINT_CLICKHOUSE_PASSWORD_FILE.*{says}"):
        read_settings({"FOOTPRINT_CLICKHOUSE_PASSWORD_FILE": str(path)})


def test_only_secrets_are_read_from_files():
    with pytest.raises(Misconfigured, match="Did you mean"):
        read_settings({"FOOTPRINT_COLLECTOR_PORT_FILE": "/dev/null"})
    assert read_settings({"FOOTPRINT_KEYS_FILE": "/srv/keys.json"}).keys_file.name == "keys.json", "a setting of that name stays one"


def test_secrets_of_the_file_may_stand_beside_it(config, tmp_path):
    for name, content in {
        "password": "hunter2\n",
        "keys": "first\n\nsecond\n",
        "hook": "hunter2",
        "slack": "https://hooks.example/hunter2",
    }.items():
        (tmp_path / name).write_text(content)
    text = """
    kafka_sasl_password = {file = "password"}
    [sites.shop]
    keys = {file = "keys"}
    email_hooks = {postmark = {file = "hook"}}
    [webhooks.rep]
    url = {file = "slack"}
    keys = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", {file = "long"}]
    """
    (tmp_path / "long").write_text("hunter2-hunter2-hunter2\n")
    settings = read_settings(config(text))
    assert settings.kafka_sasl_password == "hunter2"
    assert settings.site("shop").keys == ("first", "second")
    assert settings.site("shop").email_hooks == {"postmark": "hunter2"}
    assert settings.webhooks["rep"].url == "https://hooks.example/hunter2"
    assert settings.webhooks["rep"].keys[1] == "hunter2-hunter2-hunter2"
    assert "hunter2" not in repr(settings)


def test_a_secret_that_is_missing_beside_the_file_is_said_by_its_place(config):
    with pytest.raises(Misconfigured, match=r"postmark of|email_hooks of .*footprint.toml.*postmark"):
        read_settings(config('[sites.shop]\nemail_hooks = {postmark = {file = "none"}}\n'))

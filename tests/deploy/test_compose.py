"""deploy/compose holds together: with the program, its settings, `footprint deploy env` and the page that says how to install it."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from footprint.deploy.env import variables
from footprint.parts.reaching import read_parts
from footprint.settings import CONFIG_VARIABLE, PREFIX, read_settings
from tests.support.parsing import parsed

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "compose"
TEXT = (FOLDER / "compose.yaml").read_text("utf-8")
GIVEN = {one.name: one.value for one in variables("shop", "track.example.com")}
VARIABLE = re.compile(r"\$\{(\w+)\}")
COMPOSE = yaml.safe_load(VARIABLE.sub(lambda found: GIVEN[found[1]], TEXT))
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == GIVEN["IMAGE"]}
ONCE = ("topics", "migrate")
PAGE = (ROOT / "docs" / "operations" / "install.md").read_text("utf-8")


def each(services):
    return pytest.mark.parametrize(("name", "service"), services.items(), ids=list(services))


def test_the_file_is_what_the_compose_specification_allows():
    program = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run([program, "--builtin-schema", "vendor.compose-spec", FOLDER / "compose.yaml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_part_of_the_line_is_a_service():
    assert {service["command"][0] for service in OURS.values()} == {
        *("collector", "streams", "profiles", "sink", "webhooks", "rebuild", "console", "topics", "migrate")
    }
    assert {"kafka", "clickhouse", "proxy", "prometheus", "grafana", "collector-1", "collector-2"} <= set(SERVICES)


def test_every_variable_comes_from_deploy_env_and_each_of_those_is_used():
    assert set(VARIABLE.findall(TEXT)) == set(GIVEN)
    assert "$" not in VARIABLE.sub("", TEXT), "a variable with a default would hide that .env is missing"


@each(OURS)
def test_every_setting_exists_and_its_value_is_one_that_the_program_takes(name, service):
    told = {key: value for key, value in service["environment"].items() if key.startswith(PREFIX) and key != CONFIG_VARIABLE}
    assert read_settings(told)


@each(OURS)
def test_every_command_is_one_of_the_program(name, service):
    assert parsed(service["command"])


def test_no_secret_stands_in_the_file():
    secrets = re.compile(r"^\s*(\w*(?:PASSWORD|SECRET|KEYS)\w*): (?!\$\{)", re.MULTILINE)
    assert secrets.findall(TEXT) == []


def test_a_part_is_given_the_secrets_that_it_needs_and_no_others():
    def holders(secret):
        return {name for name, service in SERVICES.items() if GIVEN[secret] in map(str, service.get("environment", {}).values())}

    assert holders("FOOTPRINT_WRITE_KEYS") == {"collector-1", "collector-2", "console"}
    assert holders("FOOTPRINT_SECRET_KEYS") == {"collector-1", "collector-2", "rebuild", "console"}
    assert holders("CLICKHOUSE_PIPELINE_PASSWORD") == {"sink", "rebuild", "migrate", "clickhouse"}
    assert holders("CLICKHOUSE_ANALYST_PASSWORD") == {"console", "grafana", "clickhouse"}
    assert holders("GRAFANA_PASSWORD") == {"grafana"}


@each(SERVICES)
def test_every_service_is_bounded(name, service):
    limits = service["deploy"]["resources"]["limits"]
    assert float(limits["cpus"]) > 0
    assert re.fullmatch(r"\d+[MG]", limits["memory"])
    assert {"max-size", "max-file"} <= service["logging"]["options"].keys()
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")


@each({name: service for name, service in SERVICES.items() if name not in ONCE})
def test_every_server_says_how_it_is_and_is_given_time_to_stop(name, service):
    assert {"test", "interval", "timeout", "start_period", "retries"} <= service["healthcheck"].keys()
    assert re.fullmatch(r"\d+s", service["stop_grace_period"])


@each(OURS)
def test_the_health_check_asks_the_port_that_the_part_serves(name, service):
    if name in ONCE:
        return
    options = parsed(service["command"])
    port = options.get("health_port") or {"collector": 8000, "console": 8001}[service["command"][0]]
    assert service["environment"].get("READY_URL", "http://127.0.0.1:8000/ready") == f"http://127.0.0.1:{port}/ready"


@each(OURS)
def test_parts_run_without_rights_on_a_read_only_root(name, service):
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service, "the image's own user, who is not root"
    assert service["tmpfs"]


def test_nothing_is_privileged_or_shares_the_host():
    forbidden = {"privileged", "network_mode", "pid", "ipc", "userns_mode"}
    assert not [name for name, service in SERVICES.items() if forbidden & service.keys()]


def test_every_image_has_a_version():
    for name, service in SERVICES.items():
        image, _, tag = service["image"].partition(":")
        assert tag, f"{name}: {image} has no tag"
        assert tag != "latest", name


def test_services_wait_for_what_they_need():
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in SERVICES, name
            assert how["condition"] == ("service_completed_successfully" if other in ONCE else "service_healthy"), name


def test_what_runs_once_is_waited_for_by_a_server():
    """Else `up --wait` takes its end for a failure (docker/compose issue 10596, looked at 2026-11-22)."""
    always = [service for name, service in SERVICES.items() if name not in ONCE and "profiles" not in service]
    assert {other for service in always for other in service.get("depends_on", {})} >= set(ONCE)


def test_kafka_and_clickhouse_are_reached_from_inside_only():
    assert COMPOSE["networks"]["back"]["internal"] is True
    for name in ("kafka", "clickhouse"):
        assert SERVICES[name]["networks"] == ["back"]
        assert "ports" not in SERVICES[name]


def test_only_the_proxy_is_open_to_the_world():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"proxy", "console", "prometheus", "grafana"}
    assert all(port.startswith("127.0.0.1:") for name, ports in published.items() if name != "proxy" for port in ports)
    assert all("front" in SERVICES[name]["networks"] for name in published), "a port of an internal network is not published"


def test_collectors_believe_their_proxy_and_nobody_else():
    subnet = COMPOSE["networks"]["front"]["ipam"]["config"][0]["subnet"]
    assert all(SERVICES[name]["environment"]["FOOTPRINT_TRUSTED_PROXIES"] == subnet for name in ("collector-1", "collector-2"))
    upstreams = re.search(r"reverse_proxy (.*) \{", (FOLDER / "caddy" / "Caddyfile").read_text("utf-8"))[1].split()
    assert upstreams == ["collector-1:8000", "collector-2:8000"]


def test_metrics_do_not_leave_by_the_proxy():
    inside = re.search(r"@inside path (.*)", (FOLDER / "caddy" / "Caddyfile").read_text("utf-8"))[1].split()
    assert set(inside) == {path + rest for path in ("/live", "/ready", "/metrics") for rest in ("", "/*")}


def test_the_console_looks_where_the_parts_are():
    for name, address in read_parts(SERVICES["console"]["environment"]["FOOTPRINT_PARTS"]).items():
        host, port = re.match(r"\w+://([\w-]+):(\d+)", address).groups()
        ready = SERVICES[host]["environment"].get("READY_URL", "http://127.0.0.1:8000/ready")
        assert name == host
        assert host in ("kafka", "clickhouse") or f":{port}/" in ready


def test_volumes_are_declared_and_files_are_there():
    named = set()
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (FOLDER / source).is_dir(), source
            else:
                named.add(source)
        assert all(config["source"] in COMPOSE["configs"] for config in service.get("configs", []))
    assert named == set(COMPOSE["volumes"])
    assert all((FOLDER / config["file"]).is_file() for config in COMPOSE["configs"].values())


def test_what_is_written_has_a_volume():
    assert "data:/var/lib/footprint" in SERVICES["collector-1"]["volumes"]
    assert SERVICES["collector-1"]["volumes"] == SERVICES["collector-2"]["volumes"], "keys, suppressions and spool are shared"
    assert "data:/var/lib/footprint" in SERVICES["rebuild"]["volumes"], "it asks who was forgotten"
    assert "data:/var/lib/footprint" in SERVICES["console"]["volumes"], "it asks who may sign in"


def test_every_port_and_volume_is_described():
    rows = set(re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE))
    ports = {port.split("/")[0] for service in SERVICES.values() for port in service.get("ports", [])}
    assert {port.split(":")[-1] for port in ports} <= {row.split(" ")[-1] for row in rows}
    assert set(COMPOSE["volumes"]) <= rows


def test_every_variable_of_the_env_file_is_described():
    assert {name for name in GIVEN if f"`{name}`" not in PAGE} == set()


def test_the_shipped_settings_file_says_nothing_yet():
    assert read_settings({CONFIG_VARIABLE: str(FOLDER / "footprint.toml")})


@pytest.mark.parametrize("name", ["server.xml", "users.xml"])
def test_clickhouse_is_given_well_formed_configuration(name):
    assert ET.parse(FOLDER / "clickhouse" / name).getroot().tag == "clickhouse"


def test_every_user_of_the_store_has_a_password_that_the_environment_gives():
    users = ET.parse(FOLDER / "clickhouse" / "users.xml").getroot().find("users")
    kept = {user.tag: user.find("password").get("from_env") for user in users if user.get("remove") != "1"}
    assert set(kept) == {"pipeline", "analyst"}
    assert set(kept.values()) <= SERVICES["clickhouse"]["environment"].keys()

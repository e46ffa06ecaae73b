"""The Helm chart, rendered with each of its examples."""

import re

import kubernetes_validate
import pytest
import yaml

from footprint.settings import CONFIG_VARIABLE, PREFIX, SECRETS, Settings, read_settings
from tests.support.chart import CHART, EXAMPLES, of_kind, pods, rendered, run_helm, values_of
from tests.support.parsing import parsed

OLDEST = "1.30.0"
NEWEST = kubernetes_validate.latest_version()
CUSTOM = {"ServiceMonitor", "ScaledObject", "HTTPRoute"}
"""Kinds that others define; Kubernetes has no schema of them."""
SERVERS = ("collector", "streams", "profiles", "sink", "rebuild")
ALWAYS = {*SERVERS, "console", "topics", "migrate"}

every_example = pytest.mark.parametrize("example", EXAMPLES)


def each_container():
    return ((example, part, pod, container) for example in EXAMPLES for part, pod in pods(example).items() for container in containers(pod))


def containers(pod):
    assert "initContainers" not in pod["spec"]
    return pod["spec"]["containers"]


def environment(container):
    return {one["name"]: one["value"] for one in container["env"]}


def test_there_is_an_example_for_each_size():
    assert set(EXAMPLES) >= {"laptop", "small", "large", "everything"}


@every_example
def test_helm_finds_no_fault(example):
    done = run_helm("lint", ".", "--strict", *values_of(example))
    assert done.returncode == 0, done.stdout + done.stderr


@every_example
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_would_take_every_manifest(example, version):
    for manifest in rendered(example):
        if manifest["kind"] not in CUSTOM:
            kubernetes_validate.validate(manifest, version, strict=True)


@every_example
def test_every_part_of_the_line_runs(example):
    assert pods(example).keys() - {"webhooks"} == ALWAYS


def test_everything_renders_every_kind():
    kinds = {one["kind"] for example in EXAMPLES for one in rendered(example)}
    assert kinds >= CUSTOM | {"StatefulSet", "Deployment", "Job", "Service", "Ingress", "HorizontalPodAutoscaler", "PodDisruptionBudget"}
    assert kinds >= {"NetworkPolicy", "ConfigMap", "ServiceAccount", "PersistentVolumeClaim"}
    assert "Secret" not in kinds, "secrets exist already; the chart refers to them"
    assert "webhooks" in pods("everything")


def test_names_are_their_own():
    for example in EXAMPLES:
        named = [(one["kind"], one["metadata"]["name"]) for one in rendered(example)]
        assert len(named) == len(set(named)), example


def test_every_command_is_one_of_the_program():
    for _, part, _, container in each_container():
        options = parsed(container["args"])
        port = options.get("health_port")
        assert port in (None, container.get("ports", [{}])[0].get("containerPort")), part


def test_every_setting_exists_and_its_value_is_one_that_the_program_takes(tmp_path):
    file = tmp_path / "secret"
    file.write_text("shop:key-of-the-shop")
    for example, part, _, container in each_container():
        told = {name: value for name, value in environment(container).items() if name.startswith(PREFIX) and name != CONFIG_VARIABLE}
        secrets = {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS}
        told |= {name: str(file) for name in told if name in secrets}
        assert read_settings(told), (example, part)


def test_every_secret_comes_as_a_file_that_is_mounted():
    hidden = {f"{PREFIX}{name.upper()}" for name in SECRETS} - {f"{PREFIX}CLICKHOUSE_URL"}
    for example, part, pod, container in each_container():
        told = environment(container)
        assert not hidden & told.keys(), (example, part)
        assert ":" not in told.get("FOOTPRINT_CLICKHOUSE_URL", "").split("@")[0].removeprefix("http:").removeprefix("https:"), "a password"
        mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        for path in (value for name, value in told.items() if name.endswith("_FILE") and name != "FOOTPRINT_KEYS_FILE"):
            folder, _, key = path.rpartition("/")
            secret = volumes[mounts[folder]]["secret"]
            assert key in [item["key"] for item in secret.get("items", [{"key": key}])], (example, part, path)


def test_a_part_sees_the_secrets_that_it_needs_and_no_others():
    def keys(example, part):
        volumes = {volume["name"]: volume for volume in pods(example)[part]["spec"]["volumes"]}
        return {item["key"] for item in volumes.get("secrets", {"secret": {"items": []}})["secret"]["items"]}

    assert keys("small", "collector") == {"write-keys", "secret-keys"}
    assert keys("small", "streams") == keys("small", "profiles") == keys("small", "topics") == set()
    assert keys("small", "sink") == keys("small", "migrate") == {"clickhouse-password"}
    assert keys("small", "console") == {"write-keys", "secret-keys", "clickhouse-analyst-password"}
    assert keys("small", "rebuild") == {"secret-keys", "clickhouse-password"}
    assert keys("everything", "streams") == {"kafka-password-streams"}
    assert keys("everything", "sink") == {"kafka-password", "clickhouse-password-sink"}
    assert keys("everything", "rebuild") == {"secret-keys", "kafka-password", "clickhouse-password"}


def test_every_image_has_a_version():
    for example, part, _, container in each_container():
        image = container["image"]
        assert re.search(r"@sha256:[0-9a-f]{64}$|:[\w.-]+$", image), (example, part)
        assert not image.endswith(":latest"), (example, part)


def test_every_container_is_bounded_and_without_rights():
    for example, part, pod, container in each_container():
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), (example, part)
        assert "memory" in container["resources"]["limits"], (example, part)
        own = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        assert container["securityContext"] == own, (example, part)
        context = pod["spec"]["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] == 10001
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["spec"]["automountServiceAccountToken"] is False


def test_every_server_is_asked_how_it_is():
    for example, part, pod, container in each_container():
        if part in ("topics", "migrate"):
            continue
        assert container["livenessProbe"]["httpGet"] == {"path": "/live", "port": "http"}, (example, part)
        assert container["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "http"}, (example, part)
        assert container["startupProbe"]["httpGet"]["path"] == "/live"
        assert pod["spec"]["topologySpreadConstraints"]


LONGEST_STOP_S = {"collector": 15 + 5, "streams": 10, "profiles": 10, "sink": 30, "webhooks": 15, "rebuild": 15, "console": 10}
"""What docs/operations and the parts themselves say; the collector's with the pause before it."""


def test_a_part_is_given_the_time_that_it_takes_to_stop():
    for example, part, pod, _ in each_container():
        if part in LONGEST_STOP_S:
            assert pod["spec"]["terminationGracePeriodSeconds"] >= LONGEST_STOP_S[part] + 5, (example, part)


def test_what_a_part_writes_is_a_volume():
    for example, part, _, container in each_container():
        writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
        told = environment(container)
        assert "/tmp" in writable
        assert (part in ("collector", "rebuild", "console")) == (told["FOOTPRINT_DATA_DIR"] in writable), (example, part)
        if part == "collector":
            assert told["FOOTPRINT_SPOOL_DIR"].startswith("/var/spool/footprint/")
            assert "/var/spool/footprint" in writable


@every_example
def test_a_spool_fits_its_disk(example):
    workload = of_kind(example, "StatefulSet")["StatefulSet shop-footprint-collector"]
    size = workload["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"]
    units = {"Mi": 2**20, "Gi": 2**30}
    most = int(environment(containers(pods(example)["collector"])[0])["FOOTPRINT_SPOOL_MAX_BYTES"])
    assert most <= 0.8 * int(size[:-2]) * units[size[-2:]]
    assert workload["spec"]["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}


@every_example
def test_services_and_budgets_select_pods_that_there_are(example):
    labels = [pod["metadata"]["labels"] for pod in pods(example).values()]
    for name, one in of_kind(example, "Service", "PodDisruptionBudget", "NetworkPolicy").items():
        selector = one["spec"].get("selector") or one["spec"].get("podSelector") or {}
        wanted = selector.get("matchLabels", selector)
        if name != "Service shop-footprint-closed":
            assert any(wanted.items() <= found.items() for found in labels), name


@every_example
def test_the_console_looks_where_services_are(example):
    told = environment(containers(pods(example)["console"])[0])["FOOTPRINT_PARTS"]
    services = {name.removeprefix("Service "): one for name, one in of_kind(example, "Service").items()}
    for item in told.split(","):
        host, port = re.match(r"\w+=http://([\w-]+):(\d+)/ready", item).groups()
        assert int(port) in [found["port"] for found in services[host]["spec"]["ports"]]


def test_a_workload_that_scales_by_itself_names_no_number():
    scaled = of_kind("everything", "HorizontalPodAutoscaler").values()
    names = {one["spec"]["scaleTargetRef"]["name"] for one in scaled}
    assert names == {"shop-footprint-collector", "shop-footprint-streams"}
    for name in names:
        assert "replicas" not in of_kind("everything", "StatefulSet")[f"StatefulSet {name}"]["spec"]
    assert of_kind("large", "ScaledObject")


def test_what_operators_ask_is_not_let_in():
    paths = of_kind("everything", "Ingress")["Ingress shop-footprint-collector"]["spec"]["rules"][0]["http"]["paths"]
    leads = {path["path"]: path["backend"]["service"]["name"] for path in paths}
    assert leads == dict.fromkeys(("/live", "/ready", "/metrics"), "shop-footprint-closed") | {"/": "shop-footprint-collector"}
    assert "selector" not in of_kind("everything", "Service")["Service shop-footprint-closed"]["spec"]
    assert of_kind("everything", "Ingress")["Ingress shop-footprint-collector"]["spec"]["tls"]


def test_every_pod_has_a_network_policy():
    policies = of_kind("small", "NetworkPolicy").values()
    named = {one["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for one in policies}
    assert named == pods("small").keys()
    assert all(one["spec"]["policyTypes"] == ["Ingress", "Egress"] for one in policies)


def test_topics_and_schema_come_before_the_parts():
    for job in of_kind("small", "Job").values():
        assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
        mounted = job["spec"]["template"]["spec"]["volumes"]
        assert not any("configMap" in volume or "persistentVolumeClaim" in volume for volume in mounted), "not there before an install"
        assert "serviceAccountName" not in job["spec"]["template"]["spec"], "not there before an install"


def test_the_commands_that_helm_prints_at_the_end_exist():
    notes = (CHART / "templates" / "NOTES.txt").read_text("utf-8")
    commands = re.findall(r"-- footprint (.+)", notes)
    assert len(commands) == 3
    assert all(parsed(command.split()) is not None for command in commands)
    named = {one["metadata"]["name"].removeprefix("shop-footprint-") for one in rendered("small")}
    assert {re.sub(r"-\d+$", "", name) for name in re.findall(r'"footprint.name" \. }}-([\w-]+)', notes)} <= named


def test_large_numbers_reach_the_program_as_they_were_written():
    done = run_helm("template", "shop", ".", *values_of("small"), "--set", "settings.collector_in_flight_bytes=3000000000")
    assert 'value: "3000000000"' in done.stdout


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("kafka.bootstrap=", "kafka.bootstrap is empty"),
        ("clickhouse.url=", "clickhouse.url is empty"),
        ("clickhouse.url=http://me:secret@store:8123/footprint", "clickhouse"),
        ("streams.replicas=13", "nothing to do"),
        ("settings.kafka_sasl_password=x", "kafka_sasl_password"),
        ("image.tag=latest", "tag"),
        ("colector.replicas=2", "colector"),
        ("ingress.tlsSecret=", "tlsSecret"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_installed(wrong, says):
    done = run_helm("template", "shop", ".", *values_of("small"), "--set", wrong)
    assert done.returncode != 0
    assert says in done.stderr


def test_settings_of_the_examples_exist():
    for path in (CHART / "examples").glob("*.yaml"):
        assert set(yaml.safe_load(path.read_text("utf-8")).get("settings", {})) <= Settings.model_fields.keys(), path.name

"""Where broker and store are, from settings: what does not fit is said before anything connects."""

import pytest

from footprint.parts.connections import resolve_kafka, resolve_store
from footprint.settings import read_settings
from schemas.errors import Misconfigured

SASL = {"FOOTPRINT_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512", "FOOTPRINT_KAFKA_SASL_USERNAME": "me", "FOOTPRINT_KAFKA_SASL_PASSWORD": "secret"}


def settings_of(**given):
    return read_settings({f"FOOTPRINT_{name.upper()}": value for name, value in given.items()})


def test_a_broker_behind_scram_and_tls_is_reached_by_what_the_settings_say():
    told = read_settings(
        SASL | {"FOOTPRINT_KAFKA_BOOTSTRAP": "k:9093", "FOOTPRINT_KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "FOOTPRINT_KAFKA_CA_FILE": "/ca"}
    )
    found = resolve_kafka(told)
    assert (found.sasl_mechanism, found.sasl_username, found.sasl_password) == ("SCRAM-SHA-512", "me", "secret")
    assert found.tls.ca == "/ca"


@pytest.mark.parametrize("missing", SASL)
def test_sasl_without_all_of_its_credentials_is_refused(missing):
    left = {name: value for name, value in SASL.items() if name != missing} | {"FOOTPRINT_KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}
    with pytest.raises(Misconfigured, match="Set all three"):
        resolve_kafka(read_settings(left))


@pytest.mark.parametrize("given", SASL)
def test_credentials_that_would_not_be_used_are_refused(given):
    with pytest.raises(Misconfigured, match="takes no user"):
        resolve_kafka(read_settings({given: SASL[given]}))


@pytest.mark.parametrize("file", ["kafka_ca_file", "kafka_certificate_file", "kafka_key_file"])
def test_files_for_an_open_connection_are_refused(file):
    with pytest.raises(Misconfigured, match="does not encrypt"):
        resolve_kafka(settings_of(**{file: "/some/file"}))
    with pytest.raises(Misconfigured, match="does not encrypt"):
        resolve_store(settings_of(clickhouse_url="http://c:8123", **{file.replace("kafka", "clickhouse"): "/some/file"}), user="pipeline")


def test_an_unknown_mechanism_is_refused_with_those_that_are_known():
    with pytest.raises(Misconfigured, match="SCRAM-SHA-512"):
        settings_of(kafka_sasl_mechanism="SCRAM-SHA-1")


def test_the_password_of_the_store_may_be_kept_out_of_its_address():
    found = resolve_store(
        settings_of(clickhouse_url="https://sink@c:8443/shop", clickhouse_password="p@ss", clickhouse_ca_file="/ca"), user="pipeline"
    )
    assert (found.url, found.user, found.password, found.database, found.tls.ca) == ("https://c:8443", "sink", "p@ss", "shop", "/ca")

import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from footprint.checks.certificates import certificates, judged
from footprint.settings import Settings
from schemas.errors import Misconfigured, Retryable
from tests.support.authority import Authority

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@contextmanager
def encrypted_server(pair):
    """A server that shows a certificate and says nothing; yields its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            with suppress(OSError):
                while True:
                    plain, _ = listener.accept()
                    with suppress(OSError), plain, context.wrap_socket(plain, server_side=True) as encrypted:
                        encrypted.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def settings(tmp_path, port, authority):
    return Settings(
        data_dir=tmp_path, kafka_bootstrap=f"127.0.0.1:{port}", kafka_security_protocol="SSL", kafka_ca_file=str(authority.file)
    )


def test_a_line_without_encryption_has_no_certificates(tmp_path):
    assert certificates(Settings(data_dir=tmp_path)) == "no connection is encrypted"


def test_the_certificate_that_a_server_shows_is_looked_at_beside_our_files(tmp_path):
    authority = Authority(tmp_path)
    with encrypted_server(authority.issue("kafka")) as port:
        said = certificates(settings(tmp_path, port, authority))
    assert said.startswith("2 looked at; the first to run out is that of ")
    assert said.endswith("(29 days)")


def test_a_server_of_another_authority_is_not_believed(tmp_path):
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    with encrypted_server(theirs.issue("kafka")) as port, pytest.raises(Misconfigured, match="FOOTPRINT_KAFKA_CA_FILE"):
        certificates(settings(tmp_path, port, ours))


def test_a_certificate_that_has_run_out_and_a_server_that_is_away_are_told(tmp_path):
    authority = Authority(tmp_path)
    with encrypted_server(authority.issue("kafka", expired=True)) as port, pytest.raises(Retryable, match="out of its time"):
        certificates(settings(tmp_path, port, authority))
    with pytest.raises(Retryable, match=r"Kafka at 127\.0\.0\.1:\d+ cannot be reached"):
        certificates(settings(tmp_path, port, authority))


def test_the_first_certificate_to_run_out_is_named():
    ends = {"Kafka at kafka:9093": NOW + timedelta(days=90), "ca.pem": NOW + timedelta(days=900)}
    assert judged(ends, NOW.timestamp()) == "2 looked at; the first to run out is that of Kafka at kafka:9093, on 2026-05-30 (90 days)"


def test_a_certificate_is_renewed_a_fortnight_before_it_runs_out():
    with pytest.raises(Misconfigured, match=r"ca\.pem runs out on 2026-03-14 .*Renew it"):
        judged({"ca.pem": NOW + timedelta(days=13)}, NOW.timestamp())

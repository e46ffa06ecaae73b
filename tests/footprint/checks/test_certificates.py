from datetime import UTC, datetime, timedelta

import pytest

from footprint.checks.certificates import certificates, judged
from footprint.settings import Settings
from schemas.errors import Misconfigured

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_line_without_encryption_has_no_certificates(tmp_path):
    assert certificates(Settings(data_dir=tmp_path)) == "no connection is encrypted"


def test_the_first_certificate_to_run_out_is_named():
    ends = {"Kafka at kafka:9093": NOW + timedelta(days=90), "ca.pem": NOW + timedelta(days=900)}
    assert judged(ends, NOW.timestamp()) == "2 looked at; the first to run out is that of Kafka at kafka:9093, on 2026-05-30 (90 days)"


def test_a_certificate_is_renewed_a_fortnight_before_it_runs_out():
    with pytest.raises(Misconfigured, match=r"ca\.pem runs out on 2026-03-14 .*Renew it"):
        judged({"ca.pem": NOW + timedelta(days=13)}, NOW.timestamp())

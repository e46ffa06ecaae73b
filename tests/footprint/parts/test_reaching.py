"""Console and doctor find the parts: as settings say, else where `up` runs them."""

import os

import pytest

from footprint.parts.reaching import addresses, read_parts
from footprint.parts.run_file import Run, write_run
from footprint.settings import Settings
from schemas.errors import Misconfigured


def test_settings_name_the_parts_of_a_line_that_runs_elsewhere(tmp_path):
    told = "collector=http://collector:8000/ready, kafka=tcp://kafka:9092,"
    found = addresses(Settings(data_dir=tmp_path, parts=told))
    assert found == {"collector": "http://collector:8000/ready", "kafka": "tcp://kafka:9092"}


def test_without_them_a_running_line_is_found(tmp_path):
    run = Run(os.getpid(), "k", "c", "h", "o", "s", health={"sink": "http://127.0.0.1:1/ready"})
    write_run(tmp_path, run)
    assert addresses(Settings(data_dir=tmp_path)) == run.health


def test_without_a_running_line_there_is_the_collector_at_least(tmp_path):
    assert addresses(Settings(data_dir=tmp_path)) == {"collector": "http://127.0.0.1:8000/ready"}


@pytest.mark.parametrize("told", ["sink", "=http://sink/ready", "sink=", "sink=sink:8012", "sink=file:///etc/passwd"])
def test_what_is_no_address_is_refused_with_the_way_to_write_it(told):
    with pytest.raises(Misconfigured, match="name=http"):
        read_parts(told)

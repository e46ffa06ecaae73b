"""Where the collector of the line is."""

import pytest

from footprint.parts.run_file import find_run


@pytest.fixture
def collector(line):
    return find_run(line.data_dir).collector

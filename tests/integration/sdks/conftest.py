"""A browser, and where the collector of the line is."""

import pytest

from footprint.parts.run_file import find_run
from tests.support.browser import launched


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


@pytest.fixture
def collector(line):
    return find_run(line.data_dir).collector

"""The short form of `make chaos PART=streams`."""

import pytest

from tests.chaos.streams import SHORT, torment

pytestmark = pytest.mark.kafka


@pytest.mark.timeout(300)
async def test_nothing_differs_from_an_undisturbed_run(tmp_path):
    verdict = await torment(tmp_path, list(SHORT), events=4_000, rate=300, giants=5_000, ghosts=1_000)
    assert verdict.wrong == []
    assert verdict.events >= 9_000

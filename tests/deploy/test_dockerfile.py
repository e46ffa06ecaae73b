"""deploy/Dockerfile says what the image promises; tests/chaos/image.py builds it."""

import json
import shlex
from fnmatch import fnmatch
from pathlib import Path

from footprint.settings import PREFIX, read_settings
from tests.support.dockerfile import instructions

ROOT = Path(__file__).parents[2]
STEPS = instructions((ROOT / "deploy" / "Dockerfile").read_text("utf-8"))
LAST = STEPS[max(at for at, (word, _) in enumerate(STEPS) if word == "FROM") :]
IGNORED = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
SENT = [line.removeprefix("!") for line in IGNORED if line.startswith("!")]


def rests(word, steps=STEPS):
    return [rest for found, rest in steps if found == word]


def test_lines_are_joined_and_comments_are_none():
    text = "# one\nFROM a\n# two\nRUN b \\\n  && c\n"
    assert instructions(text) == [("FROM", "a"), ("RUN", "b && c")]


def test_the_base_is_an_argument_in_every_stage():
    assert STEPS[0] == ("ARG", "PYTHON_IMAGE=python:3.11-slim")
    assert all(rest.split()[0] == "${PYTHON_IMAGE}" for rest in rests("FROM"))
    assert len(rests("FROM")) == 2


def test_every_package_is_installed_by_its_hash():
    installs = [part for rest in rests("RUN") for part in rest.split("&&") if "pip" in part and " install " in part]
    assert len(installs) == 3
    assert all("--require-hashes" in part or "--no-deps" in part for part in installs)
    assert rests("ADD") == [], "ADD fetches"


def test_what_is_copied_exists_and_is_sent_to_the_build():
    for rest in rests("COPY"):
        *sources, _ = shlex.split(rest)
        for source in [] if sources[0].startswith("--from=") else sources:
            assert (ROOT / source).exists(), source
            assert any(fnmatch(source, kept) for kept in SENT), f"{source} is ignored"
    assert IGNORED[1] == "*", "everything else stays here, secrets among it"


def test_the_compiler_stays_in_the_first_stage():
    assert not any("apt-get" in rest or "requirements-build" in rest for _, rest in LAST)


def test_it_runs_as_a_numbered_user_without_rights_and_is_asked_how_it_is():
    assert rests("USER", LAST) == ["10001:10001"], "Kubernetes can tell that a number is not root"
    assert json.loads(rests("ENTRYPOINT", LAST)[0]) == ["footprint"]
    assert "footprint.deploy.ready" in rests("HEALTHCHECK", LAST)[0]


def test_what_it_sets_is_settings_and_it_writes_to_its_volume():
    told = dict(pair.split("=", 1) for rest in rests("ENV", LAST) for pair in shlex.split(rest))
    settings = read_settings({name: value for name, value in told.items() if name.startswith(PREFIX)})
    assert json.loads(rests("VOLUME", LAST)[0]) == [str(settings.data_dir)]
    assert settings.collector_host == settings.console_host == settings.health_host == "0.0.0.0"
    assert told["PYTHONDONTWRITEBYTECODE"] == "1"

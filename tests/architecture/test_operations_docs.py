"""Every command, setting and target that the operations' guides show exists, and the guides are all in the index."""

import re
import shlex
from pathlib import Path

import pytest

from footprint import reference
from footprint.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "docs" / "operations"
GUIDES = [*sorted(FOLDER.glob("*.md")), ROOT / "docs" / "capacity.md"]
COMMANDS = dict(reference.commands())
OTHERS = {"kafka-configs.sh", "kafka-reassign-partitions.sh", "kafka-consumer-groups.sh"}
"""Kafka's own tools: they come with it."""
SHELL = {
    ".",
    "cd",
    "chmod",
    "cp",
    "curl",
    "docker",
    "echo",
    "export",
    "git",
    "helm",
    "kill",
    "kubectl",
    "make",
    "mv",
    "openssl",
    "pip",
    "python3",
    "rm",
    "tar",
}
FILES = "_FILE"
MADE_ELSEWHERE = {"FOOTPRINT_IMAGE", "FOOTPRINT_VERSION", "FOOTPRINT_CONFIG", "FOOTPRINT_NAME_FILE"}
"""Variables of the image and of the settings file; the last stands for any."""
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`footprint ([a-z][^`]*)`")


def lines_of(path):
    """The lines of a guide's shell blocks: those that go on behind a backslash as one, without comments."""
    for block in BLOCK.findall(path.read_text("utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            yield from re.split(r"\s&&\s", line) if line.strip() and not line.lstrip().startswith("#") else ()


def words_of(line):
    """The words of a command, without what stands before it and without where its output goes."""
    words = shlex.split(line, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    return [word for word in words[: words.index(">") if ">" in words else None] if word != "sudo"]


SHOWN = [(path.name, line) for path in GUIDES for line in lines_of(path)]
NAMED = sorted({(path.name, text) for path in GUIDES for text in INLINE.findall(path.read_text("utf-8"))})


def known(words):
    """The longest command that the words begin with, and its arguments."""
    for count in (2, 1):
        if (path := " ".join(["footprint", *words[:count]])) in COMMANDS:
            return path, words[count:]
    raise AssertionError(f"there is no command `footprint {' '.join(words)}`")


@pytest.mark.parametrize(("guide", "line"), SHOWN)
def test_every_command_that_is_shown_is_one(guide, line):
    words = words_of(line)
    if not words:
        return
    program = words[0].rpartition("/")[2]
    if program != "footprint":
        assert program in OTHERS | SHELL, f"{guide}: {line}"
        return
    path, arguments = known(words[1:])
    with COMMANDS[path].make_context(path, list(arguments), resilient_parsing=False):
        """Wrong options and values raise here."""


@pytest.mark.parametrize(("guide", "text"), NAMED)
def test_every_command_that_is_named_is_one(guide, text):
    words = text.split()
    groups = {path.split()[1] for path in COMMANDS if len(path.split()) == 3}
    if words[0] in groups and (len(words) == 1 or "|" in words[1]):
        assert all(f"footprint {words[0]} {name}" in COMMANDS for name in (words[1].split("|") if len(words) > 1 else ()))
        return
    path, arguments = known(words)
    options = {name for parameter in COMMANDS[path].params for name in parameter.opts}
    assert {word for word in arguments if word.startswith("--")} <= options, f"{guide}: {text}"


def test_a_wrong_command_would_be_found():
    with pytest.raises(AssertionError, match="no command"):
        known(["backups", "create"])
    with pytest.raises(Exception, match="No such option"):
        test_every_command_that_is_shown_is_one("", "footprint backup create --nme x")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_setting_that_is_named_exists(guide):
    named = set(re.findall(r"\bFOOTPRINT_[A-Z_]+[A-Z]\b(?!\*)", guide.read_text("utf-8"))) - MADE_ELSEWHERE
    names = {PREFIX + name.upper() for name in Settings.model_fields}
    assert {name for name in named if name not in names and name.removesuffix(FILES) not in names} == set()


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_target_of_make_that_is_named_exists(guide):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"`?\bmake ([a-z]+)(?: PART=|`|\n)", guide.read_text("utf-8"))) <= targets


def test_every_guide_is_in_the_index():
    index = (FOLDER / "README.md").read_text("utf-8")
    assert [path.name for path in GUIDES if path.name != "README.md" and f"{path.name})" not in index] == []

"""The Java of the system is taken when it is new enough, else the one that comes with the packages."""

import subprocess

import pytest

from footprint.local.java import java, version_of


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "25" 2025-09-16', 25),
        ('java version "1.8.0_392"', 8),
        ("command not found", 0),
        ("", 0),
    ],
)
def test_the_major_version_is_read_from_what_java_prints(banner, version):
    assert version_of(banner) == version


def test_without_java_on_the_path_the_packaged_one_runs(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    told = subprocess.run([java(), "-version"], capture_output=True, text=True, check=True).stderr
    assert version_of(told) >= 17


def test_a_java_that_is_too_old_is_passed_over(monkeypatch, tmp_path):
    old = tmp_path / "java"
    old.write_text("#!/bin/sh\necho 'java version \"1.8.0_392\"' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert java() != str(old)

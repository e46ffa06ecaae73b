"""The local Kafka starts from the locked jars or not at all."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footprint.local import jars
from footprint.local.jars import checked, fetch
from footprint.local.lock import LOCK_FILE, Jar, locked_jars, read_lock, write_lock
from schemas.errors import Misconfigured

CONTENT = b"a jar"
JAR = Jar("org.example:thing:1.0", hashlib.sha256(CONTENT).hexdigest())


def test_a_jar_with_the_locked_sum_is_taken(tmp_path):
    (tmp_path / JAR.file_name).write_bytes(CONTENT)
    assert checked([JAR], tmp_path) == [tmp_path / "thing-1.0.jar"]


def test_a_jar_with_another_sum_is_refused_and_the_message_says_what_to_do(tmp_path):
    (tmp_path / JAR.file_name).write_bytes(CONTENT + b"!")
    with pytest.raises(Misconfigured, match=r"thing-1\.0\.jar.*SHA-256 differs.*Delete it and run"):
        checked([JAR], tmp_path)


def test_a_missing_jar_is_refused_and_the_message_says_what_to_do(tmp_path):
    with pytest.raises(Misconfigured, match=r"thing-1\.0\.jar is not in .*footprint\.local\.jars"):
        checked([JAR], tmp_path)


def test_a_fetched_jar_with_another_sum_never_reaches_the_folder(tmp_path, monkeypatch):
    def download(jar, repository):
        path = repository / jar.file_name
        path.write_bytes(b"something else")
        return path

    monkeypatch.setattr(jars, "_download", download)
    with pytest.raises(Misconfigured, match="not the locked one"):
        fetch([JAR], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_only_missing_jars_are_fetched(tmp_path, monkeypatch):
    asked = []

    def download(jar, repository):
        asked.append(jar)
        path = repository / jar.file_name
        path.write_bytes(CONTENT)
        return path

    monkeypatch.setattr(jars, "_download", download)
    assert fetch([JAR], tmp_path) == 1
    assert fetch([JAR], tmp_path) == 0
    assert asked == [JAR]
    assert checked([JAR], tmp_path)


def test_the_committed_lock_names_kafka_and_no_address():
    names = [jar.coordinate for jar in locked_jars()]
    assert "org.apache.kafka:kafka_2.13:4.3.1" in names
    assert "org.apache.kafka:kafka-clients:4.3.1" in names
    assert jars.LOG_BINDING in names
    assert len({jar.file_name for jar in locked_jars()}) == len(names)
    assert not re.search(r"https?://|www\.", LOCK_FILE.read_text())
    assert all(re.fullmatch("[0-9a-f]{64}", jar.sha256) for jar in locked_jars())


WORDS = st.from_regex(r"[a-z][a-z0-9_.-]{0,12}", fullmatch=True)


@given(st.dictionaries(st.tuples(WORDS, WORDS, WORDS).map(":".join), st.binary(min_size=32, max_size=32).map(bytes.hex)))
def test_a_lock_reads_back_as_it_was_written(sums):
    written = tuple(Jar(coordinate, sha256) for coordinate, sha256 in sums.items())
    assert set(read_lock(write_lock(written))) == set(written)

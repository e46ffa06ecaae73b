"""A backup holds the whole store; restored into a fresh folder it is the same store."""

import json
import shutil
import uuid
from contextlib import nullcontext
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, OffsetAndMetadata, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from footprint.asking import analyst_store
from footprint.backup import again, places, run
from footprint.backup import manifest as manifests
from footprint.backup.manifest import Place, found_in
from footprint.backup.run import create, fingerprints, refill, restore
from footprint.backup.servers import Servers
from footprint.local.ports import free_port
from footprint.parts.connections import resolve_store, secrets_folder
from footprint.settings import Settings, SiteSettings, WebhookSettings
from footprint.suppressing import suppress, suppressions_file
from schemas.connections import KafkaConnection
from schemas.errors import Misconfigured
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.migrations import migrate
from tests.sinks.rows import NOW, change, event, identity, insert, rejected, score, session, signal

pytestmark = pytest.mark.store

TABLES = "SELECT name, engine LIKE '%Replacing%' FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name"


@pytest.fixture(scope="module")
def settings(local_clickhouse):
    """Settings of a store with rows in every table, in the folder of the store that runs for the tests."""
    database = f"backed_up_{uuid.uuid4().hex[:8]}"
    connection = replace(local_clickhouse.connection(), database=database)
    migrate(connection)
    client = StoreClient(connection)
    insert(client, "tracked", *[event(f"e{n}", visitor_id=f"v{n % 7}", props={"n": n, "a": {"b": [1, "x"]}}) for n in range(500)])
    insert(client, "tracked", event("a", visitor_id="va", customer_id="anna", historical=True))
    insert(client, "sessions", session("s", visitor_id="v1", joined=["e1"], relabelled=True))
    insert(client, "sessions", session("t", visitor_id="v1", status="superseded", superseded_by="s"))
    insert(client, "identities", identity("va", "anna"))
    insert(client, "scores", score("c:anna", 5.0))
    insert(client, "score_changes", change("c:anna", "r", 5.0))
    insert(client, "signals", signal("s1"))
    insert(client, "rejected", rejected(received_at=NOW))
    client.close()
    yield store_in(local_clickhouse, database)
    client = StoreClient(local_clickhouse.connection())
    client.command(f"DROP DATABASE {database}")
    client.close()


def store_in(server, database):
    connection = server.connection()
    url = f"http://{connection.user}:{connection.password}@127.0.0.1:{server.port}/{database}"
    return Settings(data_dir=server.folder, clickhouse_url=url)


def sums(client):
    return {
        table: tuple(client.rows(f"SELECT count(), sum(cityHash64(*)) FROM {table} {'FINAL' if replacing else ''}")[0])
        for table, replacing in client.rows(TABLES)
    }


def client_of(settings):
    return StoreClient(resolve_store(settings, user="pipeline"))


@pytest.fixture(scope="module")
def made(settings):
    return create(settings, name="first")


def test_a_backup_says_what_it_holds(settings, made):
    assert made.tables.keys() == sums(client_of(settings)).keys()
    assert made.tables["events_raw"] == 501
    assert (made.bytes > 10_000, made.schema > 8, found_in(settings.data_dir)) == (True, True, [made])
    with pytest.raises(Misconfigured, match="another name"):
        create(settings, name="first")


def test_a_fresh_folder_gets_the_same_store(settings, made, tmp_path):
    fresh = Settings(data_dir=tmp_path / "fresh")
    secrets_folder(fresh.data_dir).mkdir(parents=True)
    source = manifests.folder_of(settings.data_dir) / "first"
    done = restore(fresh, str(source))
    assert (done.manifest, done.again, done.erased) == (made, 0, 0)
    with analyst_store(fresh) as restored:
        assert sums(restored) == sums(client_of(settings))
        assert restored.rows("SELECT count(), sum(props.n.:Int64) FROM events") == [(501, 500 * 499 // 2)]
    with pytest.raises(Misconfigured, match="holds"):
        restore(fresh, "first")


def test_who_was_forgotten_since_is_erased_again(settings, made, local_clickhouse):
    database = f"again_{uuid.uuid4().hex[:8]}"
    store = store_in(local_clickhouse, database)
    suppress(store, "demo", ["anna", "va"])
    try:
        done = restore(store, "first")
        client = client_of(store)
        assert done.erased >= 5
        assert client.rows("SELECT count() FROM events_raw WHERE visitor_id = 'va' OR customer_id = 'anna'") == [(0,)]
        assert client.rows("SELECT count() FROM scores_raw") == [(0,)]
        assert client.rows("SELECT count() FROM events_raw") == [(500,)]
        insert(client, "tracked", event("later", visitor_id="w"))
        assert client.rows("SELECT count() FROM events WHERE event_id = 'later'") == [(1,)]
        client.command(f"DROP DATABASE {database}")
        client.close()
    finally:
        suppressions_file(store).unlink()
        (store.data_dir / again.NAME).unlink(missing_ok=True)


def test_who_comes_again_from_kafka_is_erased_until_all_has_come(settings, made, local_clickhouse, monkeypatch):
    database = f"comes_{uuid.uuid4().hex[:8]}"
    store = store_in(local_clickhouse, database)
    suppress(store, "demo", ["anna", "va"])
    arrived = iter([False, True])
    monkeypatch.setattr(again, "_sink_has_all", lambda _: next(arrived))
    try:
        restore(store, "first")
        client = client_of(store)
        for number in range(2):
            insert(client, "tracked", event(f"again{number}", visitor_id="va", customer_id="anna"))
            assert again.expected(store.data_dir)
            assert again.catch_up(store) >= 1
            assert client.rows("SELECT count() FROM events_raw WHERE customer_id = 'anna'") == [(0,)]
        assert not again.expected(store.data_dir)
        assert again.catch_up(store) == 0
        client.command(f"DROP DATABASE {database}")
        client.close()
    finally:
        suppressions_file(store).unlink()
        (store.data_dir / again.NAME).unlink(missing_ok=True)


def test_a_sink_that_nobody_can_ask_may_have_more_to_store(tmp_path):
    nowhere = f"sink=http://127.0.0.1:{free_port()}/ready"
    assert not again._sink_has_all(Settings(data_dir=tmp_path, parts=nowhere))
    assert not again._sink_has_all(Settings(data_dir=tmp_path))


def test_only_an_empty_store_is_refilled(settings, made, monkeypatch):
    with pytest.raises(Misconfigured, match="holds no Kafka"):
        refill(settings)
    there = Servers(resolve_store(settings, user="pipeline"), KafkaConnection("127.0.0.1:1"))
    monkeypatch.setattr(run, "servers", lambda _: nullcontext(there))
    with pytest.raises(Misconfigured, match=r"holds [\d,]+ rows"):
        refill(settings)
    assert not again.expected(settings.data_dir)


def test_other_secrets_are_told_and_given_away_to_nobody(settings, made, tmp_path):
    other = Settings(data_dir=tmp_path)
    secrets_folder(tmp_path).mkdir()
    (secrets_folder(tmp_path) / "suppression-key").write_text("another")
    found = fingerprints(other)
    assert set(found) == {"settings", "suppression-key"}
    assert "another" not in json.dumps(found)


def test_settings_are_told_apart_by_what_was_set_and_never_by_a_secret(tmp_path):
    def told(gap, key, **more):
        hook = WebhookSettings(url=f"https://crm.example/{key}", keys=(key,))
        site = SiteSettings(keys=(key,), session_gap_s=gap, email_hooks={"postmark": key})
        return fingerprints(Settings(data_dir=tmp_path, sites={"shop": site}, webhooks={"crm": hook}, **more))["settings"]

    assert told(600, "a key of sixteen characters") == told(600, "another one of sixteen or more")
    assert told(600, "a key of sixteen characters") == told(600, "a key of sixteen characters", log_level="info"), "the default"
    assert told(600, "a key of sixteen characters") != told(900, "a key of sixteen characters")


@pytest.mark.parametrize("source", ["nothing", "../first", "/nowhere"])
def test_what_is_no_backup_is_told_as_such(tmp_path, source):
    with pytest.raises(Misconfigured, match="no complete backup"):
        restore(Settings(data_dir=tmp_path), source)


def test_a_backup_without_its_manifest_is_none(settings, made, tmp_path):
    folder = manifests.folder_of(tmp_path) / "half"
    shutil.copytree(manifests.folder_of(settings.data_dir) / "first", folder)
    (folder / manifests.FILE).unlink()
    assert found_in(tmp_path) == []


@pytest.mark.parametrize("attempt", [create, refill, lambda settings: restore(settings, "first")])
def test_a_cluster_is_refused(tmp_path, attempt):
    with pytest.raises(Misconfigured, match="cluster"):
        attempt(Settings(data_dir=tmp_path, clickhouse_url="http://u:p@127.0.0.1:9/footprint?cluster=main"))


@pytest.mark.kafka
async def test_the_sink_goes_on_where_it_was(kafka, monkeypatch):
    topic, group = f"backup-{uuid.uuid4().hex}", f"group-{uuid.uuid4().hex}"
    monkeypatch.setattr(places, "GROUP", group)
    monkeypatch.setattr(places, "TOPICS", (topic,))
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 2, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    for _ in range(10):
        await producer.send_and_wait(topic, b"x", partition=0)

    async def commit(offset, plan, partition=0):
        consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id=group, enable_auto_commit=False)
        await consumer.start()
        consumer.assign([TopicPartition(topic, partition)])
        await consumer.commit({TopicPartition(topic, partition): OffsetAndMetadata(offset, plan)})
        await consumer.stop()

    await commit(4, "plan of then")
    then = await places.read_places(kafka)
    assert then == (Place(topic, 0, 4, "plan of then", 10), Place(topic, 1, 0, "", 0))
    for partition in (0, 1):
        await producer.send_and_wait(topic, b"x", partition=partition)
    await producer.stop()
    await commit(11, "plan of now")
    await commit(1, "plan of now", partition=1)
    assert await places.from_the_beginning(kafka) == (Place(topic, 0, 0, "", 11), Place(topic, 1, 0, "", 1))
    assert await places.put_back(kafka, then) == 8
    assert await places.read_places(kafka) == (replace(then[0], end=11), replace(then[1], end=1))
    with pytest.raises(Misconfigured, match="another one"):
        await places.put_back(kafka, [replace(then[0], end=99)])

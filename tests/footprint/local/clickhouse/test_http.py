"""The local ClickHouse over its HTTP interface, as clickhouse-connect and curl use it."""

import datetime as dt
import json
import subprocess
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pytest
import zstandard
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_migrations.clickhouse_cluster import ClickhouseCluster

from footprint.local.clickhouse import command
from footprint.local.ports import free_port
from tests.footprint.local.clickhouse.asking import connect, get
from tests.footprint.local.clickhouse.hostile import HARMLESS, REFUSED_BY_RULE, REFUSED_BY_THE_ENGINE, REFUSED_WITH_PARAMETERS
from tests.support.servers import LocalClickHouse, running

pytestmark = pytest.mark.store
STOLEN = Path("/tmp/footprint-stolen")


def facts(client):
    client.command("CREATE TABLE facts (a UInt64, s String, t DateTime64(3)) ENGINE = MergeTree ORDER BY a")


def test_values_of_every_kind_arrive_as_they_were_sent(pipeline):
    value = "a'b\\c\n\td é 漢"
    assert pipeline.query(
        "SELECT {v:String}, {n:UInt8}, {l:Array(String)}", parameters={"v": value, "n": 3, "l": ["x", "y'z"]}
    ).result_rows == [(value, 3, ["x", "y'z"])]


def test_rows_are_inserted_by_column_and_read_back(pipeline):
    facts(pipeline)
    when = dt.datetime(2026, 1, 2, 3, 4, 5, 678_000)  # noqa: DTZ001 - the column has no time zone
    assert pipeline.insert("facts", [[1, "one", when], [2, "two", when]], column_names=["a", "s", "t"]).written_rows == 2
    assert pipeline.query("SELECT a, s, t FROM facts ORDER BY a").result_rows == [(1, "one", when), (2, "two", when)]


def test_a_parameterised_view_takes_its_parameters(pipeline, reading):
    facts(pipeline)
    pipeline.command("INSERT INTO facts (a, s) VALUES (1, 'x'), (2, 'y')")
    pipeline.command("CREATE VIEW of_s AS SELECT a FROM facts WHERE s = {s:String} SETTINGS max_threads = 1")
    assert reading.query("SELECT * FROM of_s(s={wanted:String})", parameters={"wanted": "y"}).result_rows == [(2,)]


def rows(first, last):
    return b"\n".join(json.dumps({"a": str(number), "extra": 1}).encode() for number in range(first, last))


def ingesting(client):
    """A Null table with two views behind it, as the sink has."""
    window = "SETTINGS non_replicated_deduplication_window = 100"
    client.command(f"CREATE TABLE kept (a UInt64) ENGINE = MergeTree ORDER BY a {window}")
    client.command(f"CREATE TABLE summed (tens UInt64, n UInt64) ENGINE = SummingMergeTree ORDER BY tens {window}")
    client.command("CREATE TABLE ingest (a String) ENGINE = Null")
    client.command("CREATE MATERIALIZED VIEW to_kept TO kept AS SELECT toUInt64(a) AS a FROM ingest")
    client.command("CREATE MATERIALIZED VIEW to_summed TO summed AS SELECT intDiv(toUInt64(a), 10) AS tens, 1 AS n FROM ingest")


def stored(client):
    return client.query("SELECT (SELECT count() FROM kept), (SELECT sum(n) FROM summed)").result_rows[0]


def test_the_same_token_inserts_once_also_behind_materialized_views(pipeline):
    ingesting(pipeline)
    settings = {"async_insert": 0, "input_format_skip_unknown_fields": 1}

    def insert(token, first=0, last=100, **more):
        block = rows(first, last)
        if more:
            block = zstandard.compress(block)
        pipeline.raw_insert(
            "ingest", insert_block=block, fmt="JSONEachRow", settings=settings | {"insert_deduplication_token": token}, **more
        )

    insert("t-0-99")
    assert stored(pipeline) == (100, 100)
    insert("t-0-99")
    insert("t-0-99", compression="zstd")
    assert stored(pipeline) == (100, 100)
    insert("t-100-149", 100, 150, compression="zstd")
    assert stored(pipeline) == (150, 150)
    insert("another", 0, 100)
    assert stored(pipeline) == (250, 250)


def test_a_token_belongs_to_its_own_insert_only(pipeline):
    """One that stayed in the client's session would silently drop the next insert."""
    ingesting(pipeline)
    settings = {"input_format_skip_unknown_fields": 1}
    pipeline.raw_insert("ingest", insert_block=rows(0, 10), fmt="JSONEachRow", settings=settings | {"insert_deduplication_token": "t"})
    pipeline.raw_insert("ingest", insert_block=rows(10, 20), fmt="JSONEachRow", settings=settings)
    assert stored(pipeline) == (20, 20)


def test_a_setting_of_a_request_does_not_outlive_it_and_one_that_was_set_stays(local_clickhouse):
    client = connect(local_clickhouse.connection(), session_id=f"s-{uuid.uuid4().hex}")
    client.command("SET max_block_size = 1234")
    assert client.command("SELECT getSetting('max_block_size')", settings={"max_block_size": 77}) == 77
    assert client.command("SELECT getSetting('max_block_size')") == 1234
    assert client.command("SELECT getSetting('max_threads')", settings={"max_threads": 1}) == 1
    assert client.command("SELECT changed FROM system.settings WHERE name = 'max_threads'") == 0
    client.command("CREATE TEMPORARY TABLE mine (a Int32)")
    assert client.query("SELECT count() FROM mine").result_rows == [(0,)]
    client.close()


def test_a_failed_insert_stores_nothing_and_says_why(pipeline):
    ingesting(pipeline)
    with pytest.raises(DatabaseError, match="code: 117"):
        pipeline.raw_insert("ingest", insert_block=rows(0, 10), fmt="JSONEachRow", settings={"input_format_skip_unknown_fields": 0})
    assert stored(pipeline) == (0, 0)


def test_a_large_result_is_streamed(reading):
    count = 0
    with reading.query_row_block_stream("SELECT number FROM numbers(1000000)") as stream:
        for block in stream:
            count += len(block)
    assert count == 1_000_000


def test_an_error_in_the_middle_of_a_stream_is_an_error(reading):
    with pytest.raises(DatabaseError, match="395"):
        reading.query("SELECT number, throwIf(number = 900000) FROM numbers(1000000)")


def test_a_client_that_leaves_in_the_middle_gives_its_place_back(local_clickhouse):
    connection = local_clickhouse.connection("analyst")
    for _ in range(8):  # twice as many as may run at once
        client = connect(connection)
        with client.query_row_block_stream("SELECT number FROM numbers(3000000)") as stream:
            next(iter(stream))
        client.close()
    assert get(connection, query="SELECT 1")[1] == "1\n"


def test_migrations_run_over_it_and_do_nothing_the_second_time(local_clickhouse, name, tmp_path):
    (tmp_path / "001_first.sql").write_text("CREATE TABLE made (a Int32) ENGINE = MergeTree ORDER BY a;\nINSERT INTO made VALUES (1), (2);")
    cluster = ClickhouseCluster(
        db_host="127.0.0.1",
        db_port=local_clickhouse.port,
        db_user="pipeline",
        db_password=local_clickhouse.connection().password,
        driver="clickhouse-connect",
    )
    assert len(cluster.migrate(db_name=name, migration_path=tmp_path, multi_statement=True)) == 1
    assert cluster.migrate(db_name=name, migration_path=tmp_path, multi_statement=True) == []


@pytest.mark.parametrize("statement", [statement for statement in REFUSED_BY_RULE + REFUSED_BY_THE_ENGINE if statement])
def test_the_analyst_cannot(local_clickhouse, pipeline, name, statement):
    facts(pipeline)
    pipeline.command("INSERT INTO facts (a) VALUES (1)")
    analyst = local_clickhouse.connection("analyst")
    for parameters in ({}, {"default_format": "JSON", "session_id": "a"}):
        status, text, headers = get(analyst, query=statement, database=name, **parameters)
        assert status >= 400, text
        assert int(headers["X-ClickHouse-Exception-Code"])
    assert pipeline.query("SELECT a FROM facts").result_rows == [(1,)]
    assert not STOLEN.exists()


@pytest.mark.parametrize(("statement", "beside"), REFUSED_WITH_PARAMETERS)
def test_the_analyst_cannot_by_what_is_sent_beside(local_clickhouse, statement, beside):
    status, text, headers = get(local_clickhouse.connection("analyst", database="default"), query=statement, **beside)
    assert status >= 400, text
    assert int(headers["X-ClickHouse-Exception-Code"])


@pytest.mark.parametrize("statement", HARMLESS)
def test_the_analyst_can(local_clickhouse, statement):
    status, text, _ = get(local_clickhouse.connection("analyst"), query=statement)
    assert status == 200, text


def test_the_analysts_queries_have_limits(local_clickhouse):
    analyst = local_clickhouse.connection("analyst")
    assert get(analyst, query="SELECT getSetting('readonly'), getSetting('max_execution_time')")[1] == "1\t30\n"
    status, text, _ = get(analyst, query="SELECT count(DISTINCT toString(number)) FROM numbers(100000000)", max_memory_usage="50000000")
    assert (status, "241" in text) == (500, True)
    assert get(analyst, query="SELECT 1", readonly="0")[0] == 403


@pytest.mark.parametrize(("user", "password"), [("pipeline", "no"), ("analyst", ""), ("default", ""), ("", "")])
def test_without_the_password_nothing_is_answered(local_clickhouse, user, password):
    connection = local_clickhouse.connection()
    wrong = type(connection)(connection.url, user, password)
    status, text, headers = get(wrong, query="SELECT 42")
    assert (status, headers["X-ClickHouse-Exception-Code"]) == (403, "516")
    assert "42" not in text


def test_a_get_changes_nothing(local_clickhouse, name):
    status, text, _ = get(local_clickhouse.connection(), query=f"CREATE TABLE {name}.t (a Int32) ENGINE = Memory")
    assert (status, "READONLY" in text) == (403, True)


def test_a_missing_session_is_told_when_the_request_checks(local_clickhouse):
    connection = local_clickhouse.connection()
    data = b"SELECT 1"
    request = urllib.request.Request(f"{connection.url}/?session_id=nobody&session_check=1", data)
    request.add_header("X-ClickHouse-User", connection.user)
    request.add_header("X-ClickHouse-Key", connection.password)
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)
    with error.value:
        assert error.value.headers["X-ClickHouse-Exception-Code"] == "372"


def test_acknowledged_rows_survive_kill_9(tmp_path):
    with running(LocalClickHouse(tmp_path / "a folder, with ü?x=1")) as server:
        client = connect(server.connection())
        client.command("CREATE DATABASE kept")
        client.command("CREATE TABLE kept.t (a Int32) ENGINE = MergeTree ORDER BY a")
        for number in range(10):
            client.insert("kept.t", [[number]], column_names=["a"])
        server.kill()
        client.close()
        server.start()
        client = connect(server.connection())
        assert client.query("SELECT a FROM kept.t ORDER BY a").result_rows == [(number,) for number in range(10)]
        client.close()
        assert server.stop() == 0
        assert (server.folder / "clickhouse" / "engine" / "metadata").is_dir()


def test_a_second_process_on_the_folder_is_refused_with_a_sentence(local_clickhouse):
    taken = command(local_clickhouse.folder / "clickhouse", port=free_port(), secrets=local_clickhouse.secrets)
    done = subprocess.run(taken, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Another ClickHouse has" in done.stderr
    assert "FOOTPRINT_DATA_DIR" in done.stderr


def test_a_taken_port_is_named_with_the_setting_to_change(local_clickhouse, tmp_path):
    done = subprocess.run(command(tmp_path / "other", port=local_clickhouse.port, secrets=tmp_path), capture_output=True, text=True)
    assert done.returncode == 1
    assert f"Port {local_clickhouse.port} for ClickHouse is taken" in done.stderr
    assert "FOOTPRINT_LOCAL_CLICKHOUSE_PORT" in done.stderr

"""The clients that people use, unmodified from their packages, on the local ClickHouse."""

import gzip
import http.client
import subprocess
import urllib.parse
import uuid

import clickhouse_connect
import lz4.frame
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.external import ExternalData

from footprint.local.clickhouse.framing import LZ4, ZSTD, block, unframed
from tests.footprint.local.clickhouse.asking import connect, get, send, where
from tests.footprint.local.clickhouse.clients.programs import go_program, node_program, said
from tests.support.waiting import eventually

pytestmark = [pytest.mark.store, pytest.mark.timeout(600)]

MANY = 100_000
SUM = sum(range(MANY))
ODD = "it's\n漢"
ENDLESS = "SELECT count() FROM numbers(100000000000) WHERE NOT ignore(sipHash64(number))"


@pytest.fixture
def sent(pipeline):
    pipeline.command("CREATE TABLE sent (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
    return pipeline


def endless(client):
    """The queries that run and would for hours."""
    found = client.query("SELECT query FROM system.processes WHERE query LIKE '%(100000000000)%' AND query NOT LIKE '%processes%'")
    return found.result_rows


def test_the_client_for_go_reads_and_writes_in_every_compression(local_clickhouse, sent, name):
    """Grafana's data source is this client. It frames answers by a revision, and reads compressed blocks."""
    methods = ("none", "lz4", "zstd", "gzip")
    told = said(go_program(), *methods, connection=local_clickhouse.connection(database=name))
    read = {"Parameter": ODD, "Streamed": MANY, "Sum": SUM, "Code": 60, "External": 42, "Cancelled": True}
    assert told == {method: {**read, "Sent": 1000, "Session": 45} for method in methods}
    analyst = local_clickhouse.connection("analyst", database=name)
    assert said(go_program(), "lz4", connection=analyst, READS_ONLY="1") == {"lz4": {**read, "Sent": 0, "Session": 0}}
    eventually(lambda: not endless(sent), 10)


def test_the_client_for_node_reads_and_writes(local_clickhouse, sent, name):
    told = said(node_program(), connection=local_clickhouse.connection(database=name))
    seen = {
        "ping": True,
        "parameter": ODD,
        "sent": 1000,
        "streamed": MANY,
        "sum": SUM,
        "code": "60",
        "cancelled": "The user aborted a request.",
    }
    assert told == {"plain": seen, "gzip": seen, "session": 42}
    eventually(lambda: not endless(sent), 10)


@pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip"])
def test_the_client_for_python_reads_and_writes(local_clickhouse, sent, name, compress):
    client = connect(local_clickhouse.connection(database=name), compress=compress, session_id=uuid.uuid4().hex)
    assert client.ping()
    assert client.query("SELECT {told:String}", parameters={"told": ODD}).result_rows == [(ODD,)]
    client.insert("sent", [[number, f"row {number}"] for number in range(1000)], column_names=["a", "s"])
    assert client.command("SELECT count() FROM sent WHERE s = concat('row ', toString(a))") == 1000
    with client.query_row_block_stream(f"SELECT number FROM numbers({MANY})") as stream:
        assert sum(row[0] for block in stream for row in block) == SUM
    with pytest.raises(DatabaseError, match="code: 60"):
        client.query("SELECT * FROM nothing_of_this_name")
    client.command("CREATE TEMPORARY TABLE kept (a UInt64)")
    client.insert("kept", [[40], [2]], column_names=["a"])
    assert client.command("SELECT sum(a) FROM kept") == 42
    client.close()


def test_the_client_for_python_speaks_arrow(sent):
    table = pa.table({"a": pa.array(range(1000), pa.uint64()), "s": ["x"] * 1000})
    sent.insert_arrow("sent", table)
    assert sent.query_arrow("SELECT a, s FROM sent ORDER BY a", use_strings=True).to_pydict() == table.to_pydict()
    with sent.query_arrow_stream(f"SELECT number FROM numbers({MANY})") as stream:
        assert sum(sum(batch.column("number").to_pylist()) for batch in stream) == SUM


async def test_the_asynchronous_client_for_python_reads_and_writes(local_clickhouse, sent, name):
    client = await clickhouse_connect.get_async_client(**where(local_clickhouse.connection(database=name)))
    assert await client.ping()
    await client.insert("sent", [[1, ODD]], column_names=["a", "s"])
    assert (await client.query("SELECT s FROM sent WHERE a = {a:UInt64}", parameters={"a": 1})).result_rows == [(ODD,)]
    async with await client.query_rows_stream(f"SELECT number FROM numbers({MANY})") as stream:
        assert sum([row[0] async for row in stream]) == SUM
    with pytest.raises(DatabaseError, match="code: 60"):
        await client.query("SELECT * FROM nothing_of_this_name")
    await client.close()


@pytest.mark.parametrize("user", ["pipeline", "analyst"])
def test_a_query_brings_tables_of_its_own(local_clickhouse, name, user):
    client = connect(local_clickhouse.connection(user, database=name), session_id=uuid.uuid4().hex)
    brought = ExternalData(file_name="brought.csv", fmt="CSV", structure="`a b` UInt64, s Enum8('x' = 1, 'y' = 2)", data=b"40,x\n2,y\n")
    for _ in range(2):
        assert client.query("SELECT sum(`a b`) FROM brought", external_data=brought).result_rows == [(42,)]
    with pytest.raises(DatabaseError, match="code: 60"):
        client.query("SELECT * FROM brought")
    client.close()


@pytest.mark.parametrize(
    "structure",
    [
        "a String DEFAULT file('/etc/hostname')",
        "a String MATERIALIZED file('/etc/hostname')",
        "a String) ENGINE = File(CSV, '/etc/hostname') AS SELECT (1",
        "`a\\tUInt8) AS SELECT file(1) --` UInt8",
        "a UInt8); DROP TABLE sent",
        "a $$ String",
        "",
    ],
)
def test_the_columns_of_a_brought_table_are_names_and_types_only(local_clickhouse, name, structure):
    for user in ("pipeline", "analyst"):
        client = connect(local_clickhouse.connection(user, database=name))
        brought = ExternalData(file_name="brought", fmt="CSV", structure=structure or "-", data=b"1\n")
        with pytest.raises(DatabaseError, match=r"code: (36|62)"):
            client.query("SELECT * FROM brought", external_data=brought)
        client.close()


def curl(connection, *arguments, parameters=""):
    named = ("-H", f"X-ClickHouse-User: {connection.user}", "-H", f"X-ClickHouse-Key: {connection.password}")
    command = ["curl", "-sS", *named, *arguments, f"{connection.url}/?{parameters}"]
    return subprocess.run(command, capture_output=True, timeout=30, check=True).stdout


def test_curl_reads_and_writes(local_clickhouse, sent, name, tmp_path):
    connection = local_clickhouse.connection(database=name)
    (tmp_path / "rows.gz").write_bytes(gzip.compress(b"1,one\n2,two\n"))
    insert = urllib.parse.urlencode({"database": name, "query": "INSERT INTO sent FORMAT CSV"})
    curl(connection, "-H", "Content-Encoding: gzip", "--data-binary", f"@{tmp_path}/rows.gz", parameters=insert)
    in_database = ("-H", f"X-ClickHouse-Database: {name}")
    assert curl(connection, *in_database, "-d", "SELECT * FROM sent ORDER BY a") == b"1\tone\n2\ttwo\n"
    assert curl(connection, *in_database, "-H", "X-ClickHouse-Format: JSONEachRow", "-d", "SELECT a FROM sent WHERE a = 1") == b'{"a":1}\n'
    assert curl(connection, "--compressed", "-d", "SELECT 1") == b"1\n"
    (tmp_path / "words").write_text("1\n5\n")
    files = ("-F", f"words=@{tmp_path}/words;", "-F", "query=SELECT sum(_1) FROM words")
    assert curl(connection, *files, parameters="words_types=UInt64") == b"6\n"
    many = curl(connection, "-d", f"SELECT number FROM numbers({MANY})")
    assert sum(map(int, many.split())) == SUM
    status = curl(connection, "-o", "/dev/null", "-w", "%{http_code} %header{x-clickhouse-exception-code}", "-d", "SELECT * FROM nothing")
    assert status == b"404 60"


@pytest.mark.parametrize(("named", "method"), [("", LZ4), ("ZSTD", ZSTD)])
def test_compressed_blocks_go_both_ways(local_clickhouse, sent, name, named, method):
    connection = local_clickhouse.connection(database=name)
    rows = b"".join(b"%d,row\n" % number for number in range(1000))
    asked = {"database": name, "query": "INSERT INTO sent FORMAT CSV", "decompress": "1"}
    assert send(connection, asked, block(rows[:5000], method) + block(rows[5000:], method))[0] == 200
    compressed = {"database": name, "compress": "1"} | ({"network_compression_method": named} if named else {})
    _, body, _ = send(connection, compressed, b"SELECT a, s FROM sent ORDER BY a FORMAT CSV")
    assert unframed(body, 1 << 20) == rows.replace(b"row", b'"row"')
    assert body[16] == method
    status, body, _ = send(connection, compressed, b"SELECT * FROM nothing")
    assert (status, b"UNKNOWN_TABLE" in unframed(body, 1 << 20)) == (404, True)
    assert send(connection, asked, b"no block")[0] == 400


def test_totals_and_arrays_come_whole(local_clickhouse):
    connection = local_clickhouse.connection("analyst")
    assert get(connection, query="SELECT number, sum(1) FROM numbers(2) GROUP BY 1 WITH TOTALS ORDER BY 1")[1] == "0\t1\n1\t1\n\n0\t2\n"
    answer = get(connection, query="SELECT 1 AS a FORMAT JSONEachRow", output_format_json_array_of_rows="1")
    assert answer[1] == '[\n{"a":1}\n]\n'


def test_a_format_before_the_settings_is_told(local_clickhouse):
    _, text, headers = get(
        local_clickhouse.connection(), query="SELECT 1 AS a FORMAT JSONEachRow SETTINGS max_threads = 1, join_use_nulls=0"
    )
    assert (text, headers["X-ClickHouse-Format"]) == ('{"a":1}\n', "JSONEachRow")


def leave(connection, query, **parameters):
    """Ask for something that takes hours, and go."""
    url = urllib.parse.urlsplit(connection.url)
    left = http.client.HTTPConnection(url.hostname, url.port)
    named = {"X-ClickHouse-User": connection.user, "X-ClickHouse-Key": connection.password}
    left.request("POST", f"/?{urllib.parse.urlencode(parameters)}", query, named)
    return left


@pytest.mark.parametrize(
    "query", [ENDLESS, ENDLESS + " FORMAT JSON", f"SELECT number, ({ENDLESS.replace('count()', 'max(number)')}) FROM numbers(3)"]
)
def test_a_query_ends_when_its_client_leaves(local_clickhouse, pipeline, query):
    left = leave(local_clickhouse.connection("analyst"), query)
    eventually(lambda: endless(pipeline), 10)
    left.close()
    eventually(lambda: not endless(pipeline), 10)


def test_a_body_has_a_limit_also_after_decompression(local_clickhouse):
    analyst = local_clickhouse.connection("analyst")
    bomb = lz4.frame.compress(b"SELECT 1" + b" " * (1 << 24))
    status, body, _ = send(analyst, {}, bomb, Content_Encoding="lz4")
    assert (status, b"TOO_MANY_BYTES" in body) == (413, True)
    assert get(analyst, query="SELECT 1")[0] == 200

"""Encrypted connections: who is believed, what is shown, and files that change while a process runs."""

import asyncio
import shutil
import ssl

import pytest

from schemas.connections import KafkaConnection, StoreConnection, TlsFiles
from schemas.errors import Misconfigured
from schemas.transport import client_options, tls_context
from tests.support.authority import Authority


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("theirs"), "theirs")


async def greet(context, pair, *, clients=None):
    """Connect once to a server that shows `pair`; return who the client said it is."""
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=clients)
    serving.load_cert_chain(pair.certificate, pair.key)
    serving.verify_mode = ssl.CERT_REQUIRED if clients else ssl.CERT_NONE
    shown = asyncio.get_running_loop().create_future()

    async def answer(reader, writer):
        shown.set_result(writer.get_extra_info("peercert"))
        writer.write(await reader.read(1))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=serving)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1], ssl=context)
        writer.write(b"x")
        assert await reader.read(1) == b"x"
        writer.close()
        return await shown
    finally:
        server.close()


async def test_a_server_of_the_named_authority_is_believed_and_no_other(ours, theirs):
    context = tls_context(TlsFiles(ca=str(ours.file)))
    await greet(context, ours.issue("server"))
    with pytest.raises(ssl.SSLCertVerificationError, match=r"unable to get local issuer|self-signed"):
        await greet(context, theirs.issue("server"))


async def test_a_certificate_for_another_host_or_from_the_past_is_not_believed(ours):
    context = tls_context(TlsFiles(ca=str(ours.file)))
    with pytest.raises(ssl.SSLCertVerificationError, match="not valid for"):
        await greet(context, ours.issue("elsewhere", host="127.0.0.2"))
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        await greet(context, ours.issue("old", expired=True))


async def test_the_next_connection_goes_by_files_that_changed(ours, theirs, tmp_path):
    file = tmp_path / "ca.pem"
    shutil.copy(ours.file, file)
    context = tls_context(TlsFiles(ca=str(file)))
    server = theirs.issue("renewed")
    with pytest.raises(ssl.SSLCertVerificationError):
        await greet(context, server)
    shutil.copy(theirs.file, file)
    await greet(context, server)


async def test_a_client_shows_the_certificate_that_its_files_hold_now(ours, tmp_path):
    first, second, server = ours.issue("first"), ours.issue("second"), ours.issue("server")
    files = TlsFiles(str(ours.file), str(first.certificate), str(first.key))
    context = tls_context(files)
    assert (("commonName", "first"),) in (await greet(context, server, clients=ours.file))["subject"]
    first.put(second)
    assert (("commonName", "second"),) in (await greet(context, server, clients=ours.file))["subject"]


async def test_files_that_are_half_written_leave_the_last_good_ones(ours, tmp_path):
    file = tmp_path / "ca.pem"
    shutil.copy(ours.file, file)
    context = tls_context(TlsFiles(ca=str(file)))
    file.write_text("-----BEGIN CERTIF")
    await greet(context, ours.issue("server"))
    file.unlink()
    await greet(context, ours.issue("server"))


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("none.pem", "", ""), "Cannot read"),
        (("empty.pem", "", ""), "holds no certificates"),
        (("authority.pem", "client.pem", ""), "needs its key"),
        (("authority.pem", "client.pem", "other.key"), "not a certificate"),
        (("authority.pem", "client.key", "client.pem"), "not a certificate"),
    ],
)
def test_files_that_cannot_be_used_are_said_at_the_start(ours, names, says):
    folder = ours.file.parent
    ours.issue("client"), ours.issue("other")
    (folder / "empty.pem").write_text("")
    files = TlsFiles(*(str(folder / name) if name else "" for name in names), "FOOTPRINT_KAFKA")
    with pytest.raises(Misconfigured, match=f"{says}.*Correct FOOTPRINT_KAFKA_CA_FILE"):
        tls_context(files)


def test_only_what_is_encrypted_has_files(ours):
    assert KafkaConnection("k:9092").tls is None
    assert KafkaConnection("k:9092", "SASL_PLAINTEXT").tls is None
    assert StoreConnection("http://c:8123", "u", "p").tls is None
    assert KafkaConnection("k:9092", "SSL", ca_file="a").tls == TlsFiles("a", named="FOOTPRINT_KAFKA")
    assert StoreConnection("https://c:8443", "u", "p", ca_file="a").tls == TlsFiles("a", named="FOOTPRINT_CLICKHOUSE")


def test_options_name_what_a_protocol_needs_and_nothing_else(ours):
    assert client_options(KafkaConnection("k:9092")) == {"bootstrap_servers": "k:9092", "security_protocol": "PLAINTEXT"}
    secure = client_options(KafkaConnection("k:9092", "SASL_SSL", "SCRAM-SHA-512", "me", "secret", str(ours.file)))
    assert secure["sasl_plain_password"] == "secret"
    assert isinstance(secure["ssl_context"], ssl.SSLContext)
    assert "sasl_mechanism" not in client_options(KafkaConnection("k:9092", "SSL", ca_file=str(ours.file)))


def test_a_password_shows_in_no_printed_connection():
    assert "hunter2" not in repr((KafkaConnection("k:9092", sasl_password="hunter2"), StoreConnection("https://c", "u", "hunter2")))

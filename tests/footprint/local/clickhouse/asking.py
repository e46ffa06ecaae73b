"""Ways to ask the local ClickHouse."""

import urllib.error
import urllib.parse
import urllib.request

import clickhouse_connect


def connect(connection, **settings):
    return clickhouse_connect.get_client(**where(connection), **settings)


def where(connection):
    """What clickhouse-connect wants to know."""
    url = urllib.parse.urlsplit(connection.url)
    return {
        "host": url.hostname,
        "port": url.port,
        "username": connection.user,
        "password": connection.password,
        "database": connection.database,
    }


def get(connection, **parameters):
    """Send a GET as curl would and return status, text and headers."""
    status, body, headers = send(connection, parameters)
    return status, body.decode(), headers


def send(connection, parameters, body=None, **headers):
    """Send a request and return status, bytes and headers."""
    request = urllib.request.Request(f"{connection.url}/?{urllib.parse.urlencode(parameters)}", body)
    named = {"X-ClickHouse-User": connection.user, "X-ClickHouse-Key": connection.password}
    for name, value in (named | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers

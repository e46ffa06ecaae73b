"""Why a broker cannot be used: what the Kafka library keeps to its own log, in words that say what to do."""

import asyncio

from aiokafka.conn import create_conn
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnsupportedSaslMechanismError,
)

from schemas.connections import KafkaConnection, TlsFiles
from schemas.errors import Misconfigured, Retryable
from schemas.transport import client_options, distrust

FORBIDDEN = (
    TopicAuthorizationFailedError,
    GroupAuthorizationFailedError,
    ClusterAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
PATIENCE_S = 5.0


async def explained(error: BaseException, connection: KafkaConnection, otherwise: Retryable) -> Misconfigured | Retryable:
    """Return what to say of a client that failed: Misconfigured for wrong credentials, an unknown authority or a missing right.

    `otherwise` is what is said where the broker just does not answer. A secured broker is asked once more, on a connection
    of our own: the library tells its callers only that it found no broker.
    """
    if isinstance(error, FORBIDDEN):
        return Misconfigured(
            f"Kafka does not let {_who(connection)} do this ({type(error).__name__}). Give it its rights: `footprint deploy acls` prints them."
        )
    if connection.security_protocol == "PLAINTEXT":
        return otherwise
    return await _refusal(connection) or otherwise


async def _refusal(connection: KafkaConnection) -> Misconfigured | Retryable | None:
    """Connect to the first broker that listens; return why it would not have us, None where none listens or one takes us."""
    options = client_options(connection)
    for address in options.pop("bootstrap_servers").split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            opened = await asyncio.wait_for(create_conn(host, int(port), **options), PATIENCE_S)
        except (SaslAuthenticationFailed, IllegalSaslStateError, UnsupportedSaslMechanismError) as error:
            return _unauthenticated(error, connection)
        except (KafkaError, OSError, ValueError) as error:  # a timeout is an OSError; ValueError: an address without a port
            if found := distrust(error, connection.tls or TlsFiles(), server=f"Kafka at {address.strip()}"):
                return found
        else:
            await opened.close()
            return None
    return None


def _unauthenticated(error: KafkaError, connection: KafkaConnection) -> Misconfigured:
    if isinstance(error, SaslAuthenticationFailed):
        return Misconfigured(
            f"Kafka refuses {_who(connection)} ({connection.sasl_mechanism}). Correct FOOTPRINT_KAFKA_SASL_USERNAME and "
            "FOOTPRINT_KAFKA_SASL_PASSWORD, or make the user there."
        )
    return Misconfigured(
        f"Kafka does not take {connection.sasl_mechanism} on this listener. Correct FOOTPRINT_KAFKA_SASL_MECHANISM, or the port in "
        "FOOTPRINT_KAFKA_BOOTSTRAP."
    )


def _who(connection: KafkaConnection) -> str:
    if connection.security_protocol.startswith("SASL"):
        return f"user {connection.sasl_username!r}"
    return f"the certificate {connection.certificate_file}" if connection.certificate_file else "a client without a name"

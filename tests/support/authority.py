"""A certificate authority of the test's own, and certificates that are right, wrong, or too old."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """Files of a certificate (with its authority's behind it) and of its key, PEM."""

    certificate: Path
    key: Path

    def put(self, other: "Pair") -> None:
        """Take another pair's place, as a renewal does."""
        for mine, theirs in ((self.certificate, other.certificate), (self.key, other.key)):
            fresh = mine.with_suffix(".new")
            fresh.write_bytes(theirs.read_bytes())
            fresh.replace(mine)

    def joined(self) -> Path:
        """Return one file with both, as Kafka reads them."""
        path = self.certificate.with_suffix(".both.pem")
        path.write_bytes(self.key.read_bytes() + self.certificate.read_bytes())
        return path


class Authority:
    """An authority whose certificate is `file`."""

    def __init__(self, folder: Path, name: str = "authority"):
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._name = folder, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / f"{name}.pem"
        built = _builder(self._name, self._name, self._key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self._own = built.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        self.file.write_bytes(self._own)

    def issue(self, name: str, *, host: str = "127.0.0.1", expired: bool = False) -> Pair:
        """Make a certificate for a host, or for a client of that name."""
        key = ec.generate_private_key(ec.SECP256R1())
        until = datetime.now(UTC) - DAY if expired else datetime.now(UTC) + 30 * DAY
        names: list[x509.GeneralName] = [x509.DNSName("localhost")] if host == "localhost" else []
        names += [x509.IPAddress(ipaddress.ip_address(host))] if not names else []
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        built = _builder(subject, self._name, key.public_key(), until=until).add_extension(
            x509.SubjectAlternativeName(names), critical=False
        )
        made = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        made.certificate.write_bytes(built.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM) + self._own)
        made.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return made


def _builder(subject, issuer, key, *, until=None):
    until = until or datetime.now(UTC) + 30 * DAY
    start = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return start.serial_number(x509.random_serial_number()).not_valid_before(until - 60 * DAY).not_valid_after(until)

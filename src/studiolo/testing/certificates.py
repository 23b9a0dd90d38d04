"""Certificates of an authority of our own, for servers of tests that speak TLS."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAYS = timedelta(days=2)


@dataclass(frozen=True)
class Certificate:
    """Of a server. certificate, key: files of PEM that only their owner may read; authority: PEM of who signed it."""

    certificate: Path
    key: Path
    authority: str


def make(folder: Path, *names: str) -> Certificate:
    """Make an authority and the certificate of a server that has these names or addresses."""
    folder.mkdir(parents=True, exist_ok=True)
    signer, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of a test")])
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    authority = _built(root, root, signer, signer, x509.BasicConstraints(ca=True, path_length=0))
    certificate = _built(own, root, key, signer, x509.SubjectAlternativeName([_named(name) for name in names]))
    files = folder / "server.pem", folder / "server.key"
    private = serialization.PrivateFormat.PKCS8
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()))
    for file in files:
        file.chmod(0o600)
    return Certificate(*files, authority.public_bytes(serialization.Encoding.PEM).decode())


def _named(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _built(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    built = built.not_valid_before(now - DAYS).not_valid_after(now + DAYS)
    built = built.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    known = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    built = built.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return built.add_extension(known, critical=False).sign(signer, hashes.SHA256())

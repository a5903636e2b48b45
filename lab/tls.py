"""The lab's certificate authority and its servers' certificates: clients check them."""

from __future__ import annotations

import datetime as dt
import ipaddress
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.files import write
from lab.topology import ADDRESS, IDC_ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lab.paths import LabPaths

LIFETIME = dt.timedelta(days=3650)
# Clocks of the machines that check may be a little behind.
CLOCK_SKEW = dt.timedelta(days=1)
SERVERS = {
    "idc-db1": ("idc-db1", f"db.{IDC_ZONE}"),
    "aws-rds": ("aws-rds", f"db.{IDC_ZONE}"),
    # Where Prometheus is.
    "idc-dns2": ("idc-dns2",),
}


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + LIFETIME)
    )


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def make_authority(folder: Path) -> None:
    """Make the CA's key and certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder("rollback-runner lab CA", "rollback-runner lab CA", key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write(folder / "ca-key.pem", _key_bytes(key), mode=0o600)
    write(folder / "ca.pem", certificate.public_bytes(serialization.Encoding.PEM))


def make_server(folder: Path, server: str) -> None:
    """Make one server's key and certificate, good for its address and its names."""
    make_certificate(folder, server, SERVERS[server], ADDRESS[server])


def make_certificate(folder: Path, server: str, hosts: Sequence[str], address: str) -> None:
    """Make the key and certificate `server` with the authority in the same folder."""
    loaded = serialization.load_pem_private_key((folder / "ca-key.pem").read_bytes(), password=None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in hosts]
    names.append(x509.IPAddress(ipaddress.ip_address(address)))
    authority_id = x509.SubjectKeyIdentifier.from_public_key(loaded.public_key())
    certificate = (
        _builder(server, "rollback-runner lab CA", key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority_id),
            critical=False,
        )
        .sign(loaded, hashes.SHA256())
    )
    assert authority.subject == certificate.issuer
    write(folder / f"{server}-key.pem", _key_bytes(key), mode=0o600)
    write(folder / f"{server}.pem", certificate.public_bytes(serialization.Encoding.PEM))


def up(paths: LabPaths) -> None:
    """Make what is missing; a new CA means new server certificates."""
    if not (paths.ca / "ca.pem").exists() or not (paths.ca / "ca-key.pem").exists():
        make_authority(paths.ca)
        for server in SERVERS:
            (paths.ca / f"{server}.pem").unlink(missing_ok=True)
    for server in SERVERS:
        if not (paths.ca / f"{server}.pem").exists():
            make_server(paths.ca, server)

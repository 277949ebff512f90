"""A lab's own certificate authority: server certificates for https listeners, client certificates for signing in."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

PRINCIPAL_NAME = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
"""The user principal name among a certificate's alternative names: what WinRM maps to an account."""
_DAY = dt.timedelta(days=1)
_UTF8_STRING = 0x0C


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its key as PEM files; the key only for its owner."""

    certificate: Path
    key: Path


class LabCa:
    """An authority in `folder`: ``ca.pem`` is what clients have to trust. Its key is never written."""

    def __init__(self, folder: Path, *, name: str = "smartfleet lab CA") -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (
            _builder(self._name, self._name, self._key.public_key(), _now() - _DAY, _now() + 3650 * _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.certificate = folder / "ca.pem"
        self.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server(self, name: str, names: Iterable[str], *, expired: bool = False) -> KeyPair:
        """A certificate for a listener that is reached by `names` (DNS names and addresses)."""
        alternative = [_general_name(item) for item in names]
        return self._issue(name, alternative, [ExtendedKeyUsageOID.SERVER_AUTH], expired=expired)

    def node(self, name: str, names: Iterable[str], *, expired: bool = False) -> KeyPair:
        """A certificate for a machine that listens, reached by `names`, and connects to others like it."""
        alternative = [_general_name(item) for item in names]
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        return self._issue(name, alternative, purposes, expired=expired)

    def client(self, name: str, principal: str) -> KeyPair:
        """A certificate with which somebody signs in as `principal` (``eva@localhost``)."""
        text = principal.encode()
        alternative = x509.OtherName(PRINCIPAL_NAME, bytes([_UTF8_STRING, len(text)]) + text)
        return self._issue(name, [alternative], [ExtendedKeyUsageOID.CLIENT_AUTH], expired=False)

    def tls(self, pair: KeyPair, *, asks_clients: bool = False) -> ssl.SSLContext:
        """A listener's context; with `asks_clients`, clients may send a certificate of this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        if asks_clients:
            context.load_verify_locations(self.certificate)
            context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def _issue(
        self, name: str, alternative: list[x509.GeneralName], purposes: list[ObjectIdentifier], *, expired: bool
    ) -> KeyPair:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        end = _now() - 7 * _DAY if expired else _now() + 365 * _DAY
        certificate = (
            _builder(subject, self._name, key.public_key(), end - 365 * _DAY - _DAY, end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.SubjectAlternativeName(alternative), critical=False)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pair = KeyPair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        pair.key.touch(mode=0o600)
        pair.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return pair


def principal_name(certificate: bytes) -> str:
    """The user principal name in a DER certificate; empty without one."""
    try:
        extension = x509.load_der_x509_certificate(certificate).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except (ValueError, x509.ExtensionNotFound):
        return ""
    for name in extension.value.get_values_for_type(x509.OtherName):
        if name.type_id == PRINCIPAL_NAME and name.value[:1] == bytes([_UTF8_STRING]):
            return name.value[2:].decode("utf-8", errors="replace")
    return ""


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    begin: dt.datetime,
    end: dt.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)

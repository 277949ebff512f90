"""The certificate of a server as the clients would judge it, with what this machine trusts."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime
from typing import Literal

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from smartfleet.connect.ladder import Answer, Stop, failed, warning
from smartfleet.text import visible

DAYS_LEFT_WARNING = 14
_WHY = "a client that does not trust the certificate signs its user out"
# X509_V_ERR_* of OpenSSL's x509_vfy.h
_EXPIRED, _NOT_YET, _HOSTNAME, _ADDRESS = 10, 9, 62, 64
_SELF_SIGNED, _SELF_SIGNED_CHAIN, _NO_ISSUER, _NO_ISSUER_LOCALLY, _FIRST_UNVERIFIED = 18, 19, 2, 20, 21

Refusal = Literal["expired", "not-yet", "name", "issuer", "other"]
_REFUSALS: dict[int, Refusal] = {
    _EXPIRED: "expired",
    _NOT_YET: "not-yet",
    _HOSTNAME: "name",
    _ADDRESS: "name",
    **dict.fromkeys((_SELF_SIGNED, _SELF_SIGNED_CHAIN, _NO_ISSUER, _NO_ISSUER_LOCALLY, _FIRST_UNVERIFIED), "issuer"),
}


def check_certificate(sock: socket.socket, name: str, trust: ssl.SSLContext, *, timeout: float) -> Answer:
    """Shakes hands over `sock`, a connection to the server. Stop when the clients would refuse."""
    peer = sock.getpeername()
    place = (name, int(peer[1]))
    try:
        with trust.wrap_socket(sock, server_hostname=name) as tls:
            return judge_certificate(parse(tls), datetime.now(UTC))
    except ssl.SSLCertVerificationError as error:
        seen = shown(name, peer, timeout)
        raise Stop(refusal(error.verify_code, error.verify_message, place, seen)) from error
    except (ssl.SSLError, OSError) as error:
        raise Stop(
            failed(
                "server/no-tls",
                f"{visible(name)} does not speak TLS there: {visible(str(error))}",
                why="clients connect with https alone",
                do=f"openssl s_client -connect {name}:{place[1]} -servername {name}",
            )
        ) from error


def judge_certificate(certificate: x509.Certificate | None, now: datetime) -> Answer:
    """A trusted certificate: whose, by whom, how long still. Pure."""
    if certificate is None:
        return Answer(message="trusted")
    days = (certificate.not_valid_after_utc - now).days
    message = f"issued by {issuer(certificate)}, valid for {days} more days"
    if days < DAYS_LEFT_WARNING:
        return warning(
            "server/certificate-ends-soon",
            message,
            why=_WHY,
            do="renew it on the server (certbot renew), then look why that did not happen by itself",
        )
    return Answer(message=message)


def refused(code: int) -> Refusal:
    """What kind of refusal a code of OpenSSL's verification is. Pure."""
    return _REFUSALS.get(code, "other")


def refusal(code: int, message: str, place: tuple[str, int], seen: x509.Certificate | None) -> Answer:
    """Why OpenSSL refused (`code` of its verification), in words. Pure."""
    name, port = place
    kind = refused(code)
    whose = f" It is for {', '.join(names(seen))}, issued by {issuer(seen)}." if seen else ""
    look = f"openssl s_client -connect {name}:{port} -servername {name} -showcerts </dev/null"
    if kind == "expired":
        until = f" on {seen.not_valid_after_utc:%Y-%m-%d}" if seen else ""
        return failed(
            "server/certificate-expired",
            f"the certificate of {name} has expired{until}.{whose}",
            why=_WHY,
            do="renew it on the server (certbot renew) and reload its web server",
        )
    if kind == "not-yet":
        return failed(
            "server/certificate-not-yet",
            f"the certificate of {name} is not valid yet.{whose}",
            why=_WHY,
            do="compare the clocks of both machines: timedatectl",
        )
    if kind == "name":
        return failed(
            "server/certificate-name",
            f"the certificate is not for {name}.{whose}",
            why=_WHY,
            do=f"put {name} into the certificate (certbot --expand -d {name}), or let the web server choose another",
        )
    if kind == "issuer":
        return failed(
            "server/certificate-issuer",
            f"the chain of {name} does not end at an issuer this machine trusts ({visible(message)}).{whose}",
            why=_WHY,
            do=f"{look}   # send the intermediate too (fullchain.pem), or give every client the issuer's certificate",
        )
    return failed("server/certificate", f"the certificate of {name}: {visible(message)}.{whose}", why=_WHY, do=look)


def issuer(certificate: x509.Certificate) -> str:
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        found = certificate.issuer.get_attributes_for_oid(oid)
        if found:
            return visible(str(found[0].value))
    return visible(certificate.issuer.rfc4514_string())


def names(certificate: x509.Certificate) -> list[str]:
    """The names it is for, at most ten."""
    try:
        extension = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    except x509.ExtensionNotFound:
        return [visible(certificate.subject.rfc4514_string())]
    if not isinstance(extension, x509.SubjectAlternativeName):
        return []
    return [visible(str(name.value)) for name in extension][:10]


def parse(tls: ssl.SSLSocket) -> x509.Certificate | None:
    """The certificate that the other side showed; None where it showed none that can be read."""
    raw = tls.getpeercert(binary_form=True)
    try:
        return x509.load_der_x509_certificate(raw) if raw else None
    except ValueError:
        return None


def shown(name: str, peer: tuple[str, int], timeout: float) -> x509.Certificate | None:
    """The refused certificate, to tell what is wrong with it; nothing is sent over this second connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection(peer[:2], timeout=timeout) as sock,
            context.wrap_socket(sock, server_hostname=name) as tls,
        ):
            return parse(tls)
    except OSError:
        return None

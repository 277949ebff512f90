"""The certificate of a WinRM listener, judged with the trust that Ansible's connection would use."""

from __future__ import annotations

import os
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path

import certifi
from cryptography import x509
from urllib3.util.ssl_ import create_urllib3_context

from smartfleet.connect.ladder import Answer, Stop, failed, warning
from smartfleet.connect.tls import DAYS_LEFT_WARNING, Refusal, issuer, names, parse, refused, shown
from smartfleet.connect.windows.route import HTTP, HTTPS, Route
from smartfleet.text import visible

_WHY = "passwords and commands go to whoever answers; Ansible refuses a certificate that it cannot check"
_RENEW = (
    "on the host: Get-ChildItem Cert:\\LocalMachine\\My | Format-List Subject, DnsNameList, NotAfter, Thumbprint   "
    "# then docs/windows.md, 'The https listener'"
)


def trust_place(route: Route) -> str:
    """The file or folder with the authorities that are trusted."""
    variables = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    outer = next((os.environ[name] for name in variables if os.environ.get(name)), "")
    return route.trust_file or outer or certifi.where()


def trust(route: Route) -> ssl.SSLContext:
    """As requests, which pywinrm and pypsrp stand on, would check. Stop where the trust cannot be loaded.

    Without a file of the inventory's that is the list of authorities in the Python package certifi, or what
    REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE name; never the system's own store.
    """
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.check_hostname = True
    path = Path(trust_place(route))
    try:
        if path.is_dir():
            context.load_verify_locations(capath=str(path))
        else:
            context.load_verify_locations(cafile=str(path))
    except (ssl.SSLError, OSError) as error:
        reason = "it holds no certificate in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
        raise Stop(
            failed(
                "connect/certificate-trust-file",
                f"{route.trust_variable} {visible(str(path))}: {reason}",
                why="without the authority's certificate the host's cannot be checked",
                do=f"put the authority's certificate there (PEM), or correct {route.trust_variable}",
            )
        ) from error
    return context


def check_certificate(route: Route, sock: socket.socket, timeout: float) -> Answer:
    """Shakes hands over `sock`, a connection to the host. Stop where Ansible would not connect."""
    if not route.checked:
        return _unchecked(route, sock)
    context = trust(route)
    peer = sock.getpeername()
    try:
        with context.wrap_socket(sock, server_hostname=route.address) as tls:
            return judge_certificate(parse(tls), datetime.now(UTC))
    except ssl.SSLCertVerificationError as error:
        seen = shown(route.address, peer, timeout)
        raise Stop(judge_refusal(route, refused(error.verify_code), error.verify_message, seen)) from error
    except OSError as error:
        raise Stop(_no_tls(route, error)) from error


def _unchecked(route: Route, sock: socket.socket) -> Answer:
    context = create_urllib3_context(cert_reqs=ssl.CERT_NONE)
    try:
        with context.wrap_socket(sock, server_hostname=route.address) as tls:
            seen = parse(tls)
    except OSError as error:
        raise Stop(_no_tls(route, error)) from error
    whose = f"; the host shows one for {', '.join(names(seen))}, issued by {issuer(seen)}" if seen else ""
    return warning(
        "connect/certificate-unchecked",
        f"certificates are not checked: {route.validation_variable} is ignore{whose}",
        why="another machine could take this host's place and read what is sent to it",
        do=f"give the authority's certificate with {route.trust_variable} and remove {route.validation_variable}",
    )


def judge_certificate(certificate: x509.Certificate | None, now: datetime) -> Answer:
    """A trusted certificate: by whom, how long still. Pure."""
    if certificate is None:
        return Answer(message="trusted")
    days = (certificate.not_valid_after_utc - now).days
    message = f"issued by {issuer(certificate)}, valid for {days} more days"
    if days >= DAYS_LEFT_WARNING:
        return Answer(message=message)
    why = "the host cannot be reached any more once it has expired"
    return warning("connect/certificate-ends-soon", message, why=why, do=_RENEW)


def judge_refusal(route: Route, kind: Refusal, words: str, seen: x509.Certificate | None) -> Answer:
    """Why the certificate is refused. Pure."""
    name = visible(route.address)
    whose = f" It is for {', '.join(names(seen))}, issued by {issuer(seen)}." if seen else ""
    if kind == "expired":
        until = f" on {seen.not_valid_after_utc:%Y-%m-%d}" if seen else ""
        code, message, do = "connect/certificate-expired", f"the certificate of {name} has expired{until}.", _RENEW
    elif kind == "not-yet":
        code, message = "connect/certificate-not-yet", f"the certificate of {name} is not valid yet."
        do = "compare the clocks: timedatectl here, w32tm /query /status on the host"
    elif kind == "name":
        code, message = "connect/certificate-name", f"the certificate is not for {name}."
        first = names(seen)[0] if seen and names(seen) else "the name in the certificate"
        do = f"set ansible_host to {first}, or give the listener a certificate for {name} (docs/windows.md)"
    elif kind == "issuer":
        code, message = "connect/certificate-issuer", f"no authority that Ansible knows issued it ({visible(words)})."
        do = (
            f"name the authority's certificate: {route.trust_variable}: /PATH/ca.pem   # the system's own store is not "
            "read, but its file can be named: /etc/ssl/certs/ca-certificates.crt"
        )
    else:
        code, message = "connect/certificate", f"the certificate of {name} is refused: {visible(words)}."
        do = f"openssl s_client -connect {route.address}:{route.port} -showcerts </dev/null"
    return failed(code, message + whose, why=_WHY, do=do)


def _no_tls(route: Route, error: OSError) -> Answer:
    plain = isinstance(error, ssl.SSLError) and error.reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST"}
    place = f"{visible(route.address)} port {route.port}"
    silent = isinstance(error, TimeoutError)
    said = "what answers there is not encrypted" if plain else "no answer" if silent else visible(str(error))
    return failed(
        "connect/winrm-no-tls",
        f"{place} does not speak TLS: {said}",
        why="the inventory says https"
        if route.port != HTTP
        else f"{HTTP} is WinRM's port without TLS, {HTTPS} the other",
        do=f"use the https listener: ansible_port: {HTTPS}   # on the host: winrm enumerate winrm/config/listener",
    )

"""Whether a scheduler is there and asks for certificates, found out before Dask's client is used.

Dask would only say that it timed out, whatever the reason. Nothing but the two handshakes is sent.
"""

from __future__ import annotations

import socket
import ssl

from smartfleet.engines.dask.identity import Identity
from smartfleet.errors import EngineError
from smartfleet.text import visible

_SECONDS = 10.0
# X509_V_ERR_* of OpenSSL's x509_vfy.h
_EXPIRED, _NOT_YET, _HOSTNAME, _ADDRESS = 10, 9, 62, 64


def knock(who: Identity, trust: ssl.SSLContext) -> None:
    """EngineError if the scheduler is not there, is not the one that the authority knows, refuses the controller's
    certificate, or would talk to somebody who has none.
    """
    if not _greets(who, trust):
        raise EngineError(
            "engine/certificate-refused",
            f"the scheduler {who.scheduler} refuses the controller's certificate {who.certificate}",
            why="it takes orders from holders of a certificate of its own authority alone",
            do=f"openssl verify -CAfile {who.ca} {who.certificate}, and compare the authority with the scheduler's",
        )
    if _greets(who, ssl.create_default_context(cafile=who.ca)):
        raise EngineError(
            "engine/no-client-certificates",
            f"the scheduler {who.scheduler} talks to whoever asks, certificate or not",
            why="anybody who reaches it could run programs on all workers",
            do="start it with the settings of templates/engines/dask.yml",
        )


def _greets(who: Identity, trust: ssl.SSLContext) -> bool:
    """Whether the scheduler says its first word: it does so once it has accepted the certificate.

    With TLS 1.3 a refusal comes after the handshake, in place of that word.
    """
    with _connected(who) as plain:
        try:
            with trust.wrap_socket(plain, server_hostname=who.host) as tls:
                return _first_word(tls)
        except ssl.SSLCertVerificationError as error:
            raise _untrusted(who, error) from error
        except ssl.SSLError as error:
            if _is_alert(error):
                return False
            raise _no_tls(who, visible(str(error.reason or error))) from error
        except TimeoutError as error:
            raise _absent(who, "it takes the connection and says nothing") from error
        except OSError as error:
            raise _no_tls(who, visible(str(error))) from error


def _first_word(tls: ssl.SSLSocket) -> bool:
    try:
        return tls.recv(1) != b""
    except (ssl.SSLError, ConnectionError):
        return False


def _connected(who: Identity) -> socket.socket:
    try:
        return socket.create_connection((who.host, who.port), timeout=_SECONDS)
    except OSError as error:
        raise _absent(who, visible(str(error.strerror or error))) from error


def _absent(who: Identity, reason: str) -> EngineError:
    return EngineError(
        "engine/no-scheduler",
        f"the scheduler {who.scheduler} does not answer: {reason}",
        why="its workers can be given nothing; nothing was begun",
        do="systemctl status smartfleet-dask-scheduler on that machine, and look at the firewalls between",
    )


def _is_alert(error: ssl.SSLError) -> bool:
    """With TLS 1.2 the other side refuses a certificate, or that there is none, within the handshake."""
    reason = error.reason or ""
    return "_ALERT_" in reason and "PROTOCOL_VERSION" not in reason


def _untrusted(who: Identity, error: ssl.SSLCertVerificationError) -> EngineError:
    look = f"openssl s_client -connect {who.host}:{who.port} -CAfile {who.ca} </dev/null"
    why = "orders hold secrets: they are given to the scheduler that the authority knows, and to no other"
    if error.verify_code == _EXPIRED:
        return EngineError(
            "engine/scheduler-certificate-expired",
            f"the certificate of the scheduler {who.scheduler} has expired",
            why=why,
            do="let the cluster's authority issue a new one, and start the scheduler again",
        )
    if error.verify_code == _NOT_YET:
        return EngineError(
            "engine/scheduler-certificate-not-yet",
            f"the certificate of the scheduler {who.scheduler} is not valid yet",
            why=why,
            do="compare the clocks of both machines: timedatectl",
        )
    if error.verify_code in (_HOSTNAME, _ADDRESS):
        return EngineError(
            "engine/scheduler-certificate-name",
            f"the certificate of the scheduler {who.scheduler} is for another name",
            why=why,
            do=f"write the name that stands in it into smartfleet.yml, or issue one for {who.host}; {look}",
        )
    return EngineError(
        "engine/scheduler-certificate",
        f"the scheduler {who.scheduler} is none that {who.ca} knows: {visible(error.verify_message)}",
        why=why,
        do=look,
    )


def _no_tls(who: Identity, reason: str) -> EngineError:
    return EngineError(
        "engine/no-tls",
        f"{who.scheduler} does not speak TLS: {reason}",
        why="without TLS orders and their secrets could be read on the way",
        do="start the scheduler with --protocol tls and the settings of templates/engines/dask.yml",
    )

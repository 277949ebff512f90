"""The files with which a controller shows who it is, and the TLS context made of them."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from smartfleet.errors import EngineError
from smartfleet.fleet.engines import DaskEngine
from smartfleet.text import visible


@dataclass(frozen=True)
class Identity:
    """Whom the controller calls, and the files it does that with."""

    host: str
    port: int
    ca: Path
    certificate: Path
    key: Path

    @property
    def scheduler(self) -> str:
        """As the settings spell it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tls://{host}:{self.port}"


def identity(settings: DaskEngine, folder: Path) -> Identity:
    """`folder` is the fleet's: files are relative to it."""
    place = urlsplit(settings.scheduler)
    return Identity(
        place.hostname or "",
        place.port or 0,
        *(folder / name for name in (settings.ca_file, settings.certificate_file, settings.key_file)),
    )


def context(who: Identity) -> ssl.SSLContext:
    """Trusts the cluster's authority alone, asks for the scheduler's own name, and shows the controller's certificate.

    EngineError if a file is missing or no certificate, or if the controller's has expired.
    """
    trust = ssl.create_default_context(cafile=_readable(who.ca))
    _check_dates(who.certificate)
    try:
        trust.load_cert_chain(_readable(who.certificate), _readable(who.key))
    except (ssl.SSLError, OSError) as error:
        raise EngineError(
            "engine/certificate-files",
            f"{who.certificate} and {who.key} are no pair of certificate and key",
            why="a cluster takes orders from holders of a certificate of its authority alone",
            do=f"openssl x509 -in {who.certificate} -noout -subject -dates",
        ) from error
    return trust


def _readable(path: Path) -> Path:
    try:
        with path.open("rb") as file:
            begin = file.read(65_536)
    except OSError as error:
        raise EngineError(
            "engine/certificate-files",
            f"{path} cannot be read: {error.strerror}",
            why="a cluster takes orders from holders of a certificate of its authority alone",
            do="put the file there, or write where it is below engines.dask in smartfleet.yml",
        ) from error
    if b"-----BEGIN " not in begin:
        raise EngineError(
            "engine/certificate-files",
            f"{path} is no PEM file",
            why="certificates and keys of a cluster are PEM files",
            do=f"openssl x509 -inform der -in {path} -out {path}.pem",
        )
    return path


def _check_dates(path: Path) -> None:
    """OpenSSL shows an expired certificate without a word, and the scheduler then just hangs up."""
    try:
        certificate = x509.load_pem_x509_certificate(_readable(path).read_bytes())
    except ValueError as error:
        raise EngineError(
            "engine/certificate-files",
            f"{path} holds no certificate: {visible(str(error))}",
            why="a cluster takes orders from holders of a certificate of its authority alone",
            do=f"openssl x509 -in {path} -noout -subject -dates",
        ) from error
    now = datetime.now(UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        late = now > certificate.not_valid_after_utc
        when = certificate.not_valid_after_utc if late else certificate.not_valid_before_utc
        raise EngineError(
            "engine/certificate-expired",
            f"the controller's certificate {path} {'expired on' if late else 'is not valid before'} {when:%Y-%m-%d}",
            why="the scheduler would hang up",
            do="let the cluster's authority issue a new one"
            if late
            else "compare the clocks of both machines: timedatectl",
        )

"""The lab's certificate authority."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from smartfleet.lab.winrm.ca import LabCa, principal_name


@pytest.fixture
def ca(tmp_path: Path) -> LabCa:
    return LabCa(tmp_path / "ca")


def test_a_server_certificate_has_its_names(ca: LabCa) -> None:
    pair = ca.server("win01", ["localhost", "127.0.0.1", "::1"])
    names = x509.load_pem_x509_certificate(pair.certificate.read_bytes()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(one) for one in names.value.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]


def test_an_expired_one_was_valid_once(ca: LabCa) -> None:
    pair = ca.server("win01", ["localhost"], expired=True)
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    now = dt.datetime.now(dt.UTC)
    assert certificate.not_valid_before_utc < certificate.not_valid_after_utc < now


def test_the_principal_name_is_read_back(ca: LabCa) -> None:
    client = ssl.PEM_cert_to_DER_cert(ca.client("eva", "eva@localhost").certificate.read_text())
    assert principal_name(client) == "eva@localhost"
    server = ssl.PEM_cert_to_DER_cert(ca.server("win01", ["localhost"]).certificate.read_text())
    assert principal_name(server) == ""
    assert principal_name(b"nonsense") == ""


def test_keys_are_for_their_owner(ca: LabCa) -> None:
    pair = ca.server("win01", ["localhost"])
    assert pair.key.stat().st_mode & 0o077 == 0
    assert pair.key.parent.stat().st_mode & 0o077 == 0

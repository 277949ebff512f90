from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from smartfleet.connect.remote import judge_clock, judge_df
from smartfleet.connect.said import Said
from smartfleet.connect.sudo import judge_sudo
from smartfleet.connect.tls import judge_certificate, refusal

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "err", "with_password", "expected"),
    [
        (0, "", False, ""),
        (0, "", True, ""),
        (1, "sudo: a password is required", False, "connect/become-password"),
        (1, "Sorry, try again.\nsudo: no password was provided", True, "connect/become-wrong-password"),
        (1, "sudo: 1 incorrect password attempt", True, "connect/become-wrong-password"),
        (1, "admin is not in the sudoers file.", True, "connect/become-not-allowed"),
        (1, "Sorry, user admin may not run sudo on pc1.", False, "connect/become-not-allowed"),
        (
            1,
            "Sorry, user a is not allowed to execute '/usr/bin/true' as root on pc1.",
            False,
            "connect/become-not-allowed",
        ),
        (1, "sudo: sorry, you must have a tty to run sudo", False, "connect/become-tty"),
        (127, "/bin/sh: 1: sudo: not found", False, "connect/become-missing"),
        (1, "sudo: /etc/sudoers is owned by uid 5", False, "connect/become-failed"),
    ],
)
def test_sudo(*, code: int, err: str, with_password: bool, expected: str) -> None:
    answer = judge_sudo(Said(code, "", err), with_password=with_password)
    assert answer.code == expected
    assert answer.state == ("failed" if expected else "ok")
    assert bool(answer.do and answer.why) == bool(expected)


HEAD = "Filesystem 1024-blocks Used Available Capacity Mounted on\n"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (HEAD + "/dev/sda1 100 50 9000000 1% /", "ok"),
        (HEAD + "/dev/sda1 100 50 100000 90% /", "warning"),
        (HEAD + "/dev/sda1 100 50 10 100% /", "failed"),
        (HEAD + "/dev/sda1 100 50 -5 100% /", "failed"),
        ("", "warning"),
        ("df: no such thing", "warning"),
    ],
)
def test_disk(text: str, state: str) -> None:
    assert judge_df(text, "/var/lib").state == state


@pytest.mark.parametrize(
    ("off", "doubt", "state"),
    [
        (0, 0.1, "ok"),
        (59, 0.1, "ok"),
        (-59, 0.1, "ok"),
        (90, 60, "ok"),
        (90, 1, "warning"),
        (-90, 1, "warning"),
        (-90000, 1, "failed"),
    ],
)
def test_clock(off: int, doubt: float, state: str) -> None:
    assert judge_clock(str(1_000_000 + off), 1_000_000.5, doubt).state == state


def test_a_clock_that_does_not_tell() -> None:
    assert judge_clock("Sun Nov 22", 0, 0).code == "connect/clock-unknown"


def certificate(days: int) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lab CA")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=90))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("cloud.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )


@pytest.mark.parametrize(("days", "state"), [(80, "ok"), (14, "ok"), (13, "warning"), (0, "warning")])
def test_days_left(days: int, state: str) -> None:
    answer = judge_certificate(certificate(days), NOW)
    assert answer.state == state
    assert f"Lab CA, valid for {days} more days" in answer.message


@pytest.mark.parametrize(
    ("verify_code", "expected"),
    [
        (10, "server/certificate-expired"),
        (9, "server/certificate-not-yet"),
        (62, "server/certificate-name"),
        (64, "server/certificate-name"),
        (18, "server/certificate-issuer"),
        (19, "server/certificate-issuer"),
        (20, "server/certificate-issuer"),
        (21, "server/certificate-issuer"),
        (23, "server/certificate"),
    ],
)
def test_why_a_certificate_is_refused(verify_code: int, expected: str) -> None:
    answer = refusal(verify_code, "words of OpenSSL", ("new.test", 443), certificate(5))
    assert answer.code == expected
    assert "cloud.test" in answer.message
    assert answer.do

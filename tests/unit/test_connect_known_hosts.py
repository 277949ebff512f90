from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.connect.known_hosts import entries, fingerprint, standing

KEY, OTHER = b"the key", b"another key"
B64, B64_OTHER = (base64.b64encode(blob).decode() for blob in (KEY, OTHER))


def hashed(name: str) -> str:
    salt = b"12345678901234567890"
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("", "pc1", "unknown"),
        (f"pc1 ssh-ed25519 {B64}", "pc1", "known"),
        (f"PC1,10.0.0.1 ssh-ed25519 {B64} a comment", "pc1", "known"),
        (f"pc1 ssh-ed25519 {B64_OTHER}", "pc1", "changed"),
        (f"pc1 ssh-rsa {B64_OTHER}", "pc1", "changed"),
        (f"pc1 ssh-rsa {B64_OTHER}\npc1 ssh-ed25519 {B64}", "pc1", "known"),
        (f"pc2 ssh-ed25519 {B64}", "pc1", "unknown"),
        (f"# pc1 ssh-ed25519 {B64}", "pc1", "unknown"),
        (f"pc1 ssh-ed25519 {B64}", "[pc1]:2222", "unknown"),
        (f"[pc1]:2222 ssh-ed25519 {B64}", "[pc1]:2222", "known"),
        (f"[pc1]:2222 ssh-ed25519 {B64_OTHER}", "[pc1]:2222", "changed"),
        (f"pc? ssh-ed25519 {B64}", "pc1", "known"),
        (f"*.lan,!pc1.lan ssh-ed25519 {B64}", "pc1.lan", "unknown"),
        (f"*.lan,!pc1.lan ssh-ed25519 {B64}", "pc2.lan", "known"),
        (f"{hashed('pc1')} ssh-ed25519 {B64}", "pc1", "known"),
        (f"{hashed('pc2')} ssh-ed25519 {B64}", "pc1", "unknown"),
        (f"|1|broken ssh-ed25519 {B64}", "pc1", "unknown"),
        (f"@revoked pc1 ssh-ed25519 {B64}", "pc1", "revoked"),
        (f"@revoked pc1 ssh-ed25519 {B64_OTHER}\npc1 ssh-ed25519 {B64}", "pc1", "known"),
        (f"@cert-authority pc1 ssh-ed25519 {B64}", "pc1", "unknown"),
        ("pc1 ssh-ed25519 not-base64!", "pc1", "unknown"),
        ("pc1 ssh-ed25519", "pc1", "unknown"),
    ],
)
def test_standing(tmp_path: Path, text: str, name: str, expected: str) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(text)
    assert standing(entries([tmp_path / "absent", file], name), KEY)[0] == expected


def test_the_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"# a comment\n\npc1 ssh-ed25519 {B64_OTHER}\n")
    state, entry = standing(entries([file], "pc1"), KEY)
    assert state == "changed"
    assert entry is not None
    assert (entry.file, entry.line) == (file, 3)


def test_fingerprint_as_ssh_keygen_prints_it() -> None:
    assert fingerprint(b"abc") == "SHA256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0"


@given(st.text(), st.text(min_size=1))
def test_no_line_can_break_the_reader(line: str, name: str) -> None:
    from smartfleet.connect.known_hosts import _entry  # noqa: PLC0415 - the line reader alone, without a file per case

    _entry(Path("known_hosts"), 1, line, name)

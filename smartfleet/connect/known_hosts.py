"""known_hosts files as OpenSSH reads them: hashed names, patterns, ports, revoked keys. Pure but for reading the files.

paramiko's own reader knows neither patterns nor markers, and cannot tell where a line stands. (sshd(8), SSH_KNOWN_HOSTS
FILE FORMAT; sshconnect.c: a host on another port is also looked up by its bare name, and only a match counts there.)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

Standing = Literal["known", "unknown", "changed", "revoked"]


@dataclass(frozen=True)
class KnownKey:
    """One line that speaks of the host."""

    file: Path
    line: int
    marker: str
    key_type: str
    blob: bytes


def entries(files: Iterable[Path], name: str) -> Iterator[KnownKey]:
    """The lines of `files` that match `name` (``host`` or ``[host]:port``); files that cannot be read say nothing."""
    for file in files:
        try:
            lines = file.read_text("utf-8", "replace").splitlines()
        except OSError:
            continue
        for number, line in enumerate(lines, 1):
            found = _entry(file, number, line, name.lower())
            if found:
                yield found


def standing(known: Iterable[KnownKey], blob: bytes) -> tuple[Standing, KnownKey | None]:
    """Where the key that the host shows stands among the lines about it; certificate authorities prove no plain key."""
    plain: list[KnownKey] = []
    for entry in known:
        if entry.marker == "@revoked" and entry.blob == blob:
            return "revoked", entry
        if not entry.marker:
            plain.append(entry)
    match = next((entry for entry in plain if entry.blob == blob), None)
    if match:
        return "known", match
    return ("changed", plain[0]) if plain else ("unknown", None)


def fingerprint(blob: bytes) -> str:
    """As ``ssh-keygen -l`` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _entry(file: Path, number: int, line: str, name: str) -> KnownKey | None:
    fields = line.split()
    marker = fields.pop(0) if fields and fields[0].startswith("@") else ""
    if len(fields) < 3 or fields[0].startswith("#") or not _names(fields[0], name):
        return None
    try:
        blob = base64.b64decode(fields[2], validate=True)
    except (binascii.Error, ValueError):
        return None
    return KnownKey(file=file, line=number, marker=marker, key_type=fields[1], blob=blob)


def _names(field: str, name: str) -> bool:
    if field.startswith("|1|"):
        return _hashed(field, name)
    matched = False
    for pattern in field.lower().split(","):
        if pattern.startswith("!") and _matches(pattern[1:], name):
            return False
        matched = matched or _matches(pattern, name)
    return matched


def _matches(pattern: str, name: str) -> bool:
    """Only * and ? are special to ssh; a bracket means a port."""
    return fnmatchcase(name, pattern.replace("[", "[[]"))


def _hashed(field: str, name: str) -> bool:
    try:
        _, _, salt, digest = field.split("|")
        expected = base64.b64decode(digest)
        found = hmac.new(base64.b64decode(salt), name.encode(), hashlib.sha1).digest()
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(expected, found)

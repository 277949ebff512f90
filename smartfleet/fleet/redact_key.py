"""The key of a fleet's pseudonyms: made when it is first needed, kept in the state folder, never told."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from smartfleet.errors import FleetError

FILE_NAME = "redact.key"
_BYTES = 32


def redact_key(state: Path) -> bytes:
    """32 bytes. Raises FleetError where the file cannot be made or read, is none of ours, or others can read it."""
    file = state / FILE_NAME
    try:
        if not file.exists():
            _make(file)
        mode, text = file.stat().st_mode, file.read_bytes()
    except OSError as error:
        raise FleetError(
            "fleet/redact-key",
            f"the key of the pseudonyms in {file} cannot be used: {error.strerror or error}",
            why="without it names in reports cannot be replaced",
            do="run as the user the fleet folder belongs to, or make it writable",
        ) from None
    if stat.S_IMODE(mode) & 0o077:
        raise FleetError(
            "fleet/redact-key",
            f"others than its owner can read the key of the pseudonyms in {file}",
            why="who has the key can find out which name a pseudonym stands for",
            do=f"chmod 600 {file}",
        )
    if len(text) != 2 * _BYTES or text.strip(b"0123456789abcdef"):
        raise FleetError(
            "fleet/redact-key",
            f"{file} holds no key of pseudonyms",
            do="take it back from a backup; or remove it: a new one is made, and with it all pseudonyms change",
        )
    return bytes.fromhex(text.decode("ascii"))


def _make(file: Path) -> None:
    """As a whole or not at all, and never in the place of another process' key."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_name(f".{FILE_NAME}-{secrets.token_hex(8)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_hex(_BYTES).encode("ascii"))
        os.link(new, file)
    except FileExistsError:
        return
    finally:
        new.unlink()

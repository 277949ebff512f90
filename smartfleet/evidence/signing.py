"""Signing the list of hashes with a key of SSH or of minisign."""

from __future__ import annotations

import re
from pathlib import Path

from smartfleet.errors import UsageError
from smartfleet.evidence.layout import NAMESPACE, SIGNATURES, SUMS
from smartfleet.evidence.programs import let_sign
from smartfleet.model.evidence import SignatureKind
from smartfleet.text import visible

_HEAD_BYTES = 4096
SSH_PUBLIC = re.compile(r"(sk-)?(ssh|ecdsa)-\S+ [A-Za-z0-9+/=]+")


def kind_of_key(key: Path) -> SignatureKind:
    """Whose key it is, by how the file begins. A public key of SSH does: the agent has the other half. UsageError."""
    head = _head(key)
    if head.startswith("-----BEGIN ") or SSH_PUBLIC.match(head):
        return "ssh"
    if "secret key" in head.partition("\n")[0]:
        return "minisign"
    raise UsageError(
        "evidence/no-key",
        f"{visible(str(key))} is no key that evidence can be signed with",
        do="name a private key of SSH, a public one whose other half ssh-agent has, or a secret key of minisign",
    )


def sign(folder: Path, key: Path) -> None:
    """Writes the signature beside the list. Raises UsageError."""
    kind, key = kind_of_key(key), key.absolute()
    sums, signature = folder / SUMS, folder / SIGNATURES[kind]
    if kind == "ssh":
        command = ["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(sums)]
    else:
        command = ["minisign", "-S", "-s", str(key), "-m", str(sums), "-x", str(signature)]
    if not let_sign(command) or not signature.is_file():
        raise UsageError(
            "evidence/not-signed",
            f"{command[0]} did not sign the evidence with {visible(str(key))}",
            why="what it says stands above",
        )


def _head(key: Path) -> str:
    try:
        with key.open("rb") as file:
            return file.read(_HEAD_BYTES).decode("utf-8", "replace")
    except OSError as error:
        raise UsageError("evidence/no-key", f"{visible(str(key))} cannot be read: {error.strerror}") from error

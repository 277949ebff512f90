"""Checking who signed the list of hashes."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from smartfleet.errors import UsageError
from smartfleet.evidence.layout import NAMESPACE, SIGNATURES, SUMS
from smartfleet.evidence.programs import ask
from smartfleet.evidence.signing import SSH_PUBLIC
from smartfleet.model.evidence import SignatureCheck, SignatureKind
from smartfleet.text import visible

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]+")
_MINISIGN_PUBLIC = re.compile(r"(?:.*\n)?\s*(RW[A-Za-z0-9+/]{54})\s*")
_ANYBODY = "signer"


@dataclass(frozen=True)
class Signer:
    """Who is believed: a file of ssh's allowed signers, public keys of SSH, or a public key of minisign."""

    kind: SignatureKind
    text: str
    """Allowed signers of SSH, or minisign's key."""


def read_signer(path: Path) -> Signer:
    """UsageError for a file that is none of these."""
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError):
        raise _no_signer(path, "cannot be read") from None
    minisign = _MINISIGN_PUBLIC.fullmatch(text)
    if minisign:
        return Signer("minisign", minisign[1])
    told = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    if not told or "PRIVATE KEY" in text or "secret key" in text:
        raise _no_signer(path, "names no signer")
    lines = [f'{_ANYBODY} namespaces="{NAMESPACE}" {line}' if SSH_PUBLIC.match(line) else line for line in told]
    return Signer("ssh", "".join(f"{line}\n" for line in lines))


def verify(sums: bytes, signature: bytes, kind: SignatureKind, signer: Signer | None) -> SignatureCheck:
    """Whether `signature` is one of `sums`, and of `signer`. Raises UsageError where the program is missing."""
    named = signer.text if signer and signer.kind == kind else ""
    with tempfile.TemporaryDirectory(prefix="smartfleet-") as private:
        # both programs want files; these are the very bytes that were checked
        (Path(private) / SUMS).write_bytes(sums)
        place = Path(private) / SIGNATURES[kind]
        place.write_bytes(signature)
        if kind == "minisign":
            return _minisign(place, named)
        return _allowed(sums, place, named) if named else _valid(sums, place)


def _minisign(signature: Path, key: str) -> SignatureCheck:
    if not key:
        return SignatureCheck(file=signature.name, kind="minisign", state="unchecked")
    sums = signature.with_name(SUMS)
    answer = ask(["minisign", "-V", "-Q", "-P", key, "-m", str(sums), "-x", str(signature)])
    if not answer.ok:
        return SignatureCheck(file=signature.name, kind="minisign", state="bad")
    return SignatureCheck(file=signature.name, kind="minisign", state="good", key=key)


def _valid(sums: bytes, signature: Path) -> SignatureCheck:
    """The key is in the signature; whose it is nobody said."""
    answer = ask(["ssh-keygen", "-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(signature)], sums)
    if not answer.ok:
        return SignatureCheck(file=signature.name, kind="ssh", state="bad")
    return SignatureCheck(file=signature.name, kind="ssh", state="valid", key=_fingerprint(answer.text))


def _allowed(sums: bytes, signature: Path, signers: str) -> SignatureCheck:
    allowed = signature.with_name("allowed_signers")
    allowed.write_text(signers, "utf-8")
    files = ["-s", str(signature), "-f", str(allowed)]
    found = ask(["ssh-keygen", "-Y", "find-principals", *files])
    who = found.text.splitlines()[0].partition(",")[0].strip() if found.ok and found.text.strip() else ""
    if not who:
        return SignatureCheck(file=signature.name, kind="ssh", state="bad")
    answer = ask(["ssh-keygen", "-Y", "verify", *files, "-I", who, "-n", NAMESPACE], sums)
    if not answer.ok:
        return SignatureCheck(file=signature.name, kind="ssh", state="bad")
    name = "" if who == _ANYBODY else visible(who)
    return SignatureCheck(file=signature.name, kind="ssh", state="good", signer=name, key=_fingerprint(answer.text))


def _fingerprint(text: str) -> str:
    found = _FINGERPRINT.search(text)
    return found[0] if found else ""


def _no_signer(path: Path, what: str) -> UsageError:
    return UsageError(
        "evidence/no-signer",
        f"{visible(str(path))} {what}",
        do="name a file of allowed signers (ssh-keygen(1)), a public key of SSH, or a public key of minisign",
    )

"""Checking evidence: the files against the list, the list against its signatures, the trail against its chain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from smartfleet.errors import UsageError
from smartfleet.evidence import trail
from smartfleet.evidence.files import read
from smartfleet.evidence.layout import REQUIRED, SIGNATURES, SUMS, TRAIL
from smartfleet.evidence.sums import LARGEST, Compared, compare, parse
from smartfleet.evidence.verifying import Signer, read_signer, verify
from smartfleet.model.assessment import Finding
from smartfleet.model.evidence import EvidenceDocument, SignatureCheck, SignatureKind
from smartfleet.model.history import TrailCheck
from smartfleet.text import number_of, visible

_LARGEST_SIGNATURE = 65_536


def check(folder: Path, signer: Path | None = None) -> EvidenceDocument:
    """Reads all files of `folder` and changes nothing. `signer` names who is believed: see `read_signer`.

    Raises UsageError if the folder holds no list of hashes or cannot be read, or if `signer` names nobody.
    """
    believed = read_signer(signer) if signer else None
    try:
        raw = read(folder / SUMS, LARGEST)
        sums, broken = _parsed(raw)
        compared = compare(folder, sums)
        compared.missing.extend(sorted(REQUIRED - sums.keys() - set(compared.missing)))
        chain = _chain(folder / TRAIL)
        signatures = list(_signatures(folder, raw, believed))
    except OSError as error:
        raise _unreadable(folder, error) from error
    problems = [
        *([Finding(code="list-broken", severity="error", message=f"{SUMS}: {broken}")] if broken else []),
        *_of_files(compared),
        *_of_trail(chain),
        *_of_signatures(signatures, believed),
    ]
    return EvidenceDocument(
        folder=visible(str(folder)),
        ok=not any(problem.severity == "error" for problem in problems),
        files=len(sums),
        changed=compared.changed,
        missing=compared.missing,
        extra=compared.extra,
        trail=chain,
        signatures=signatures,
        problems=problems,
    )


def _parsed(raw: bytes) -> tuple[dict[str, str], str]:
    try:
        return parse(raw.decode("ascii")), ""
    except UnicodeDecodeError:
        return {}, "it holds names that smartfleet does not give"
    except ValueError as error:
        return {}, str(error)


def _chain(path: Path) -> TrailCheck | None:
    try:
        return trail.check_file(path)
    except OSError:
        return None  # it is among the files that are missing or changed


def _signatures(folder: Path, sums: bytes, signer: Signer | None) -> Iterator[SignatureCheck]:
    for kind, name in SIGNATURES.items():
        path = folder / name
        if path.is_symlink() or path.exists():
            yield _signature(path, sums, kind, signer)


def _signature(path: Path, sums: bytes, kind: SignatureKind, signer: Signer | None) -> SignatureCheck:
    try:
        signature = read(path, _LARGEST_SIGNATURE)
    except OSError:
        return SignatureCheck(file=path.name, kind=kind, state="bad")
    return verify(sums, signature, kind, signer)


def _of_files(compared: Compared) -> Iterator[Finding]:
    for code, names, what in (
        ("files-changed", compared.changed, "not as it was written"),
        ("files-missing", compared.missing, "missing"),
        ("files-extra", compared.extra, "not part of the evidence"),
    ):
        if names:
            told = f"{names[0]} is {what}" if len(names) == 1 else f"{number_of(len(names), 'file')} are {what}"
            yield Finding(code=code, severity="error", message=told)


def _of_trail(chain: TrailCheck | None) -> Iterator[Finding]:
    if chain and not chain.ok:
        yield Finding(code="trail-broken", severity="error", message=f"the audit trail: {visible(chain.reason)}")


def _of_signatures(signatures: list[SignatureCheck], signer: Signer | None) -> Iterator[Finding]:
    for one in signatures:
        if one.state == "bad":
            message = f"{one.file} is no signature of this list" + (" by the signer that was named" if signer else "")
            yield Finding(code="signature-bad", severity="error", message=message)
    if any(one.state == "good" for one in signatures):
        return
    if signer:
        message = "nobody who was named has signed it"
        yield Finding(code="not-signed-by", severity="error", message=message)
    elif not signatures:
        message = "nobody signed it: whoever changed a file could have changed the list too"
        yield Finding(code="not-signed", severity="warning", message=message)
    else:
        message = "whose key signed it was not checked"
        yield Finding(code="signer-unknown", severity="warning", message=message, do="name the signer with --signer")


def _unreadable(folder: Path, error: OSError) -> UsageError:
    return UsageError(
        "evidence/unreadable",
        f"{visible(str(folder))} cannot be checked: {visible(error.strerror or str(error))}",
        why=f"evidence is a folder with {SUMS} and the files that it names",
        do="name the folder that smartfleet report --evidence wrote",
    )

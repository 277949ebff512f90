"""Writing evidence: a folder that is there as a whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from smartfleet import __version__
from smartfleet.errors import StoreError, UsageError
from smartfleet.evidence import trail
from smartfleet.evidence.basis import Basis
from smartfleet.evidence.layout import PAGE, README, REPORT, SETTINGS, SUMS, TRAIL, facts_file, plan_file
from smartfleet.evidence.signing import kind_of_key, sign
from smartfleet.evidence.sums import listed
from smartfleet.model.evidence import HostEvidence
from smartfleet.model.report import ReportData
from smartfleet.report.writers import FORMS, FormName
from smartfleet.text import visible
from smartfleet.words import Words

# addresses of receivers may hold a token, and no report rests on them
_UNTOLD = {"sending", "store", "ansible"}


def check_place(folder: Path, key: Path | None = None) -> None:
    """Raises the UsageError that `write` would: evidence can take long to gather."""
    if key:
        kind_of_key(key)
    target = folder.absolute()
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise _taken(folder)
        if not target.parent.is_dir():
            raise NotADirectoryError("its folder does not exist")
    except OSError as error:
        raise _unwritable(folder, error) from error


def write(folder: Path, data: ReportData, basis: Basis, words: Words, key: Path | None = None) -> None:
    """The report with all that it rests on, readable for its owner alone, signed with `key` if there is one.

    Raises UsageError if `folder` is there and not empty, cannot be written, or if the key does not sign; StoreError
    if hosts were audited since `data` was gathered.
    """
    check_place(folder, key)
    with _new(folder) as made:
        _reports(made, data, words)
        _facts(made, data, basis)
        for plan in basis.plans:
            _put(made, plan_file(plan.hash), plan.model_dump_json(indent=1))
        with _file(made, TRAIL) as out:
            out.writelines(f"{line}\n".encode() for line in trail.lines(basis.trail))
        settings = basis.settings.model_dump(mode="json", exclude=_UNTOLD)
        _put(made, SETTINGS, json.dumps(settings, indent=1, ensure_ascii=False))
        _put(made, README, _read_me(data, words))
        _put(made, SUMS, listed(made))
        if key:
            sign(made, key)


def _reports(made: Path, data: ReportData, words: Words) -> None:
    files: dict[str, FormName] = {REPORT: "json", PAGE: "html"}
    for name, form in files.items():
        with _file(made, name) as out:
            FORMS[form].write(data, out, words)


def _facts(made: Path, data: ReportData, basis: Basis) -> None:
    audited = {host.host: host.audited for host in data.hosts}
    for host, taken, facts in basis.facts:
        if audited.pop(host, None) != taken:
            raise _moved_on(host)
        _put(made, facts_file(host), HostEvidence(host=host, taken=taken, facts=facts).model_dump_json(indent=1))
    left = [host for host, taken in audited.items() if taken is not None]
    if left:
        raise _moved_on(left[0])


def _read_me(data: ReportData, words: Words) -> str:
    moment = datetime.fromtimestamp(data.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return words("evidence.readme", fleet=visible(data.fleet), time=moment, version=__version__) + "\n"


@contextmanager
def _new(folder: Path) -> Iterator[Path]:
    """A folder beside `folder` that takes its place at the end, and is gone if anything goes wrong."""
    target = folder.absolute()
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield made
        made.rename(target)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _file(made: Path, name: str) -> Iterator[BinaryIO]:
    path = made / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        yield out


def _put(made: Path, name: str, text: str) -> None:
    with _file(made, name) as out:
        out.write(text.encode("utf-8"))


def _taken(folder: Path) -> UsageError:
    return UsageError(
        "evidence/folder-taken",
        f"{visible(str(folder))} is there already",
        why="evidence is never mixed with other files",
        do="name a folder that is not there yet",
    )


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError("evidence/unwritable", f"{visible(str(folder))} cannot be written: {error.strerror or error}")


def _moved_on(host: str) -> StoreError:
    return StoreError(
        "evidence/moved-on",
        f"{visible(host)} was audited while the evidence was gathered",
        why="the report would not rest on the facts beside it",
        do="write it again when no audit runs",
    )

"""Files that somebody sent: a `nextcloud.cfg`, maybe with journals beside it. They are read, never opened in place."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from smartfleet.errors import ConfigError, UsageError
from smartfleet.model.facts import JournalFacts
from smartfleet.nextcloud.edits import FolderPlace
from smartfleet.nextcloud.journal import summarize
from smartfleet.nextcloud.names import is_journal_name
from smartfleet.text import bytes_text, visible

CONFIG_LIMIT = 2 * 2**20


def read_config(path: Path) -> bytes:
    """The bytes of the file; ConfigError if it is none, cannot be read or is larger than any client writes it."""
    shown = visible(str(path))
    try:
        # a pipe would block, a device would never end
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise ConfigError(
            "config/unreadable", f"{shown}: {error.strerror}", do="Check the path and its rights."
        ) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ConfigError("config/not-a-file", f"{shown} is no regular file", do="Name the nextcloud.cfg itself.")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(CONFIG_LIMIT + 1)
    finally:
        os.close(descriptor)
    if len(data) > CONFIG_LIMIT:
        raise ConfigError(
            "config/too-large",
            f"{shown} is larger than {bytes_text(CONFIG_LIMIT)}",
            why="no client writes so large a configuration",
            do="Ask for the nextcloud.cfg itself.",
        )
    return data


def journals_beside(path: Path, expected: Mapping[FolderPlace, str]) -> dict[FolderPlace, JournalFacts]:
    """Counts of those journals of the file's folders that lie beside it, with or without their leading dot."""
    found: dict[FolderPlace, JournalFacts] = {}
    for place, name in expected.items():
        journal = _beside(path.parent, name)
        if journal:
            found[place] = _counts(journal, name)
    return found


def write_new(path: Path, data: bytes) -> None:
    """Write a file that does not exist yet, readable for its owner alone; UsageError if it cannot be made."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UsageError(
            "usage/cannot-write", f"{visible(str(path))}: {error.strerror}", do="Name a file that does not exist yet."
        ) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _beside(folder: Path, name: str) -> Path | None:
    if not is_journal_name(name):  # the file was sent by somebody: its journalPath leads nowhere else
        return None
    places = (folder / name, folder / name.removeprefix("."))
    return next((place for place in places if place.is_file() and not place.is_symlink()), None)


def _counts(journal: Path, name: str) -> JournalFacts:
    try:
        with tempfile.TemporaryDirectory(prefix="smartfleet-") as private:
            for ending in ("", "-wal"):
                source = journal.with_name(journal.name + ending)
                if source.is_file() and not source.is_symlink():
                    shutil.copyfile(source, Path(private) / f"journal.db{ending}")
            counts = asdict(summarize(Path(private) / "journal.db"))
    except (OSError, ValueError) as error:
        return JournalFacts(name=name, state="unreadable", detail=str(error))
    return JournalFacts(name=name, state="ok", size=journal.stat().st_size, **counts)

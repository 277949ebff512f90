"""Sync folders with journals for tests: files with times, and what a client's journal says of them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.unit.test_journal import build

TIME = 1_700_000_000
INSTANCE = "oclgbg67eqtf"

Content = str | list[Any]


def write_tree(folder: Path, files: Mapping[str, Content | None]) -> None:
    """Path to content, or to content and seconds; a name with a slash at its end is a folder, ``link`` a link."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, told in files.items():
        if told is None:
            continue
        content, seconds = (told, TIME) if isinstance(told, str) else (told[0], told[1])
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        elif content == "link":
            path.symlink_to("/etc/hostname")
        else:
            path.write_text(content)
            os.utime(path, (seconds, seconds))


def write_journal(
    path: Path,
    rows: Mapping[str, list[Any] | None],
    *,
    instance: str = INSTANCE,
    kinds: Mapping[str, int] | None = None,
    begun: int = 0,
) -> None:
    """Path to content and etag (and seconds). The folders above them are rows too. `begun`: uploads that began."""
    known = {name: row for name, row in rows.items() if row is not None}
    folders = {str(above) for name in known for above in Path(name).parents} - {"."}
    made: list[tuple[object, ...]] = [(name, 2, "d", f"00000001{instance}", 0, 0, None, None, 0) for name in folders]
    for number, (name, row) in enumerate(known.items(), 2):
        seconds = row[2] if len(row) > 2 else TIME
        kind = (kinds or {}).get(name, 0)
        made.append((name, kind, row[1], f"{number:08}{instance}", len(row[0]), seconds, None, None, 0))
    build(path, made)
    if begun:
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE uploadinfo(path)")
            database.execute("INSERT INTO uploadinfo VALUES ('x')")
            database.commit()

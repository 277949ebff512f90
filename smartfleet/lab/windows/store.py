"""JSON files that several processes read and change: the lab, a machine's clients, and what is played on it."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class JsonFile:
    """An object in a file that only its owner may read; an empty object where there is no file."""

    path: Path

    def read(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return found

    @contextmanager
    def changing(self) -> Iterator[dict[str, Any]]:
        """The content, to be changed; written when the block ends well, while nobody else can change it."""
        with self.path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            content = self.read()
            yield content
            partial = self.path.with_suffix(".new")
            partial.touch(mode=0o600)
            partial.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            partial.replace(self.path)

"""The server's access log: one JSON object a line, for tests to read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO


@dataclass(frozen=True)
class Request:
    """One request as it was answered. `host` is the Host header: the name that the client used."""

    time: float
    method: str
    path: str
    host: str
    agent: str
    user: str
    status: int
    received: int
    sent: int

    @property
    def is_file_transfer(self) -> bool:
        """Whether the content of a file went over the wire."""
        dav = "/remote.php/dav/" in self.path or "/remote.php/webdav/" in self.path
        return self.method in {"GET", "PUT"} and dav and "/avatars/" not in self.path


class AccessLog:
    """Appends requests to a file, flushed line by line so that other processes see them at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIO = path.open("a", encoding="utf-8")

    def write(self, request: Request) -> None:
        self._file.write(json.dumps(asdict(request)) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read_log(path: Path, *, since: float = 0.0) -> list[Request]:
    """The requests in a log that came at or after `since` (seconds since the epoch)."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    requests = [Request(**json.loads(line)) for line in lines]
    return [request for request in requests if request.time >= since]

"""Kerberos tickets of one run of the doctor: fetched once for an account, gone at the end."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Lock

_VARIABLE = "KRB5CCNAME"


class Tickets:
    """Shared by all hosts of a run."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._files: dict[tuple[str, str], str] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._users = Condition()
        self._used = ""
        self._count = 0
        self._outer: str | None = None

    def file(self, account: tuple[str, str], fetch: Callable[[str], None]) -> str:
        """The file with the ticket of `account` (name, password); `fetch` fills it, or raises."""
        with self._lock:
            if account not in self._files:
                if self._folder is None:
                    self._folder = tempfile.TemporaryDirectory(prefix="smartfleet-tickets-")
                place = str(Path(self._folder.name) / f"krb5cc-{len(self._files)}")
                fetch(place)
                self._files[account] = place
            return self._files[account]

    @contextmanager
    def using(self, file: str) -> Iterator[None]:
        """Lets GSSAPI see this file ("": the admin's own ticket).

        GSSAPI is told by the environment alone, so hosts with another account wait.
        """
        with self._users:
            self._users.wait_for(lambda: not self._count or self._used == file)
            if not self._count:
                self._used, self._outer = file, os.environ.get(_VARIABLE)
                if file:
                    os.environ[_VARIABLE] = f"FILE:{file}"
            self._count += 1
        try:
            yield
        finally:
            with self._users:
                self._count -= 1
                if not self._count:
                    self._restore()
                    self._users.notify_all()

    def _restore(self) -> None:
        if self._outer is None:
            os.environ.pop(_VARIABLE, None)
        else:
            os.environ[_VARIABLE] = self._outer

    def close(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()

"""Ask a running client over its own socket which accounts it works with. Runs as the user, in the dropped child.

The socket is the one that file managers use: ``$XDG_RUNTIME_DIR/Nextcloud/socket`` (client source socketapi.cpp). The
answer names each account as ``user@host`` or ``user@host:port``, so it tells the server that is in use.
"""

from __future__ import annotations

import json
import os
import socket
import time
from typing import Mapping

QUESTION = b'V2/LIST_ACCOUNTS:{"id":"1","arguments":{}}\n'
ANSWER = b"V2/LIST_ACCOUNTS_RESULT:"
ANSWER_LIMIT = 1 << 20
POLL = 0.2


def account_names(env: Mapping[str, str], wanted: list[str], seconds: float) -> list[str] | None:
    """The names that the client gives its accounts; None if it has no socket.

    A client needs a moment to open its socket and load its accounts: it is asked again for `seconds` until every host
    of `wanted` is among them.
    """
    path = os.path.join(env.get("XDG_RUNTIME_DIR", ""), "Nextcloud/socket")
    end = time.monotonic() + seconds
    while True:
        names = _ask(path) if os.path.isabs(path) else None
        if time.monotonic() > end or (names is not None and not missing(names, wanted)):
            return names
        time.sleep(POLL)


def missing(names: list[str], wanted: list[str]) -> list[str]:
    """The hosts of `wanted` (``host`` or ``host:port``) that no account name ends in."""
    return [host for host in wanted if not any(name.lower().endswith("@" + host.lower()) for name in names)]


def _ask(path: str) -> list[str] | None:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(2.0)
            connection.connect(path)
            connection.sendall(QUESTION)
            return _answer(connection)
    except (OSError, ValueError):
        return None


def _answer(connection: socket.socket) -> list[str] | None:
    """The client first registers its folders with whoever connects; those lines are passed over."""
    data = b""
    while len(data) < ANSWER_LIMIT:
        for line in data.split(b"\n")[:-1]:
            if line.startswith(ANSWER):
                return _names(json.loads(line[len(ANSWER) :]))
        chunk = connection.recv(65536)
        if not chunk:
            return None
        data += chunk
    return None


def _names(found: object) -> list[str] | None:
    try:
        return [str(account["name"]) for account in found["arguments"]["accounts"]]  # type: ignore[index]  # what is no such document is caught below
    except (KeyError, TypeError):
        return None

"""One Kerberos ticket for all connections of a process.

Ansible's plugin winrm fetches a ticket for each host and puts its place into ``KRB5CCNAME``, which is the process's: in
threads a host would present whatever ticket was fetched last, or one whose connection is over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleConnectionFailure

Fetch = Callable[[str, str], None]
"""The plugin's own way: principal and password; leaves the ticket's file with the connection."""


class Tickets:
    """Of one account; hosts with another one are refused, in the words of a connection that failed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._account: tuple[str, str] | None = None
        self._file: Any = None

    def share(self, connection: Any) -> None:  # noqa: ANN401 - ansible-core ships no types
        """`connection` takes the ticket that is there, or fetches the first. Only the plugin winrm knows tickets."""
        fetch: Fetch | None = getattr(connection, "_kerb_auth", None)
        if fetch is not None:
            connection._kerb_auth = lambda principal, password: self._take(connection, fetch, principal, password)  # noqa: SLF001 - the plugin has no other seam

    def _take(self, connection: Any, fetch: Fetch, principal: str, password: str) -> None:  # noqa: ANN401
        with self._lock:
            if self._account is None:
                fetch(principal, password)
                # a temporary file, which is gone with the last who holds it
                self._file = connection._kerb_ccache  # noqa: SLF001 - as above
                self._account = (principal, password)
            elif self._account != (principal, password):
                raise AnsibleConnectionFailure(
                    f"Kerberos auth failure for principal {principal}: hosts of another account are read at the same "
                    f"time; name the hosts of one account with --limit"
                )

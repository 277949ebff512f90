"""Dask's settings for TLS, stricter in one point: the scheduler's certificate must be for its name."""

from __future__ import annotations

import ssl
from typing import Any

from distributed import Security


class NamedScheduler(Security):
    """Dask would take any holder of a certificate for the scheduler: a worker, for one."""

    def __init__(self, host: str, trust: ssl.SSLContext) -> None:
        # Dask's classes are not typed
        super().__init__(require_encryption=True)  # type: ignore[no-untyped-call]
        self._host = host
        self._trust = trust

    def get_connection_args(self, role: str) -> dict[str, Any]:
        del role
        return {"ssl_context": self._trust, "require_encryption": True, "server_hostname": self._host}

"""A remote shell through pywinrm, with an end to waiting."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from winrm.exceptions import WinRMOperationTimeoutError
from winrm.protocol import Protocol

from smartfleet.connect.said import Said

# PowerShell's first start on a busy machine takes its time
_LONGEST = 60.0
_UTF8 = 65001


class Shell:
    """One shell on one host; every method raises what pywinrm, requests and their logins raise."""

    def __init__(self, protocol: Protocol, identity: str) -> None:
        self._protocol = protocol
        self._identity = identity

    @classmethod
    def open(cls, endpoint: str, options: Mapping[str, Any]) -> Shell:
        """Signs in and opens a shell; `options` are pywinrm's."""
        protocol = Protocol(endpoint, **options)
        return cls(protocol, protocol.open_shell(codepage=_UTF8))

    def run(self, command: str) -> Said:
        """A TimeoutError if it does not end."""
        end = time.monotonic() + _LONGEST
        started = self._protocol.run_command(self._identity, command)
        try:
            out, err = b"", b""
            while time.monotonic() < end:
                try:
                    more, complaints, code, done = self._protocol.get_command_output_raw(self._identity, started)
                except WinRMOperationTimeoutError:
                    continue
                out, err = out + more, err + complaints
                if done:
                    return Said(code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))
            raise TimeoutError(f"the command did not end within {_LONGEST:.0f} s")
        finally:
            self._protocol.cleanup_command(self._identity, started)

    def close(self) -> None:
        self._protocol.close_shell(self._identity)

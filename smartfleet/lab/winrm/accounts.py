"""The account that an NTLM token speaks of, and how pyspnego is told its password.

pyspnego looks accounts up in a file whose path stands in an environment variable, for the whole process. Here every
machine has accounts of its own, so each step gets a file in memory with the one account that is asked for.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from types import TracebackType

from smartfleet.errors import LabError

_VARIABLE = "NTLM_USER_FILE"
_AUTHENTICATE = b"NTLMSSP\0\x03\0\0\0"
_UNICODE = 1
_FIELDS = struct.Struct("<HHI")


@dataclass(frozen=True)
class AskedAccount:
    """Domain and name as the client sent them."""

    domain: str
    name: str

    @property
    def user(self) -> str:
        return f"{self.domain}\\{self.name}" if self.domain else self.name


def asked_account(token: bytes) -> AskedAccount | None:
    """Whose AUTHENTICATE message the token holds (MS-NLMP 2.2.1.3); None for other messages and for nonsense."""
    start = token.find(_AUTHENTICATE)
    message = token[start:]
    if start < 0 or len(message) < 64:
        return None
    encoding = "utf-16-le" if struct.unpack_from("<I", message, 60)[0] & _UNICODE else "cp437"
    domain, name = (_field(message, position, encoding) for position in (28, 36))
    plain = name and ":" not in domain + name and (domain + name).isprintable()
    return AskedAccount(domain, name) if plain else None


class NtlmAccounts:
    """While entered, pyspnego knows this one account. Nothing awaits meanwhile, so no other step sees it."""

    def __init__(self, account: AskedAccount | None, password: str) -> None:
        if ":" in password or not password.isprintable():
            raise LabError("lab/password", "the password of an emulated account has a colon or a control character")
        self._line = f"{account.domain}:{account.name}:{password}" if account else ":nobody:"

    def __enter__(self) -> None:
        self._file = os.memfd_create("accounts")
        os.write(self._file, self._line.encode())
        self._before = os.environ.get(_VARIABLE)
        os.environ[_VARIABLE] = f"/proc/self/fd/{self._file}"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)
        if self._before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = self._before


def _field(message: bytes, position: int, encoding: str) -> str:
    length, _, offset = _FIELDS.unpack_from(message, position)
    return message[offset : offset + length].decode(encoding, errors="replace")

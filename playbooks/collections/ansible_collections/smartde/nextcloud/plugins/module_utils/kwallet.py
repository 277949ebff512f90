"""The entries of the Nextcloud client in KWallet, through KWallet's own interface.

On Plasma the client (qtkeychain's KWallet backend) writes to the folder ``Nextcloud`` of the network wallet, with the
key name as entry. KWallet's Secret Service is no way to these: entries made natively carry no attributes to search for,
and its CreateItem splits a label at its last slash, of which every key name has several (kwallet,
kwalletfreedesktopcollection.cpp, makeUniqueEntryLocation). So this speaks org.kde.KWallet.

Nobody is prompted: a wallet that is not open is not opened, and the application id is the client's own, which the user
has let in already.
"""

from __future__ import annotations

import hmac
from typing import Any

from .dbus import NO_AUTO_START, Connection
from .dropped import DroppedError

DAEMONS = (("org.kde.kwalletd6", "/modules/kwalletd6"), ("org.kde.kwalletd5", "/modules/kwalletd5"))
INTERFACE = "org.kde.KWallet"
FOLDER = APPLICATION = "Nextcloud"
PASSWORD, STREAM = 1, 2


class KWallet:
    """The wallet daemon on a session bus. Raises DBusError, and DroppedError for what an admin can act on."""

    def __init__(self, bus: Connection) -> None:
        self._bus = bus
        self._daemon = next((one for one in DAEMONS if bus.has_owner(one[0])), None)
        self._handle = -1

    def state(self) -> str:
        """``unlocked``, ``locked`` or ``absent``, of the wallet that the client uses."""
        if self._daemon is None or not self._call("isEnabled", "b"):
            return "absent"
        return "unlocked" if self._call("isOpen", "b", "s", self._call("networkWallet", "s")) else "locked"

    def names(self) -> list[str]:
        """The names of all entries of the client; none where they cannot be listed without a prompt."""
        if self.state() != "unlocked":
            return []
        return sorted(self._call("entryList", "as", "iss", self._open(), FOLDER, APPLICATION))

    def has(self, key: str) -> bool:
        """Whether there is an entry of this name; False where the wallet is closed and nobody can tell."""
        return self.state() == "unlocked" and bool(self._entry("hasEntry", "b", key))

    def lookup(self, key: str) -> bytes | None:
        """The value of an entry, None where there is none. For use inside the user's own session only."""
        if not self.has(key):
            return None
        if self._entry("entryType", "i", key) == PASSWORD:
            text: str = self._entry("readPassword", "s", key)
            return text.encode()
        data: bytes = self._entry("readEntry", "ay", key)
        return data

    def copy(self, source: str, target: str) -> str:
        """Clone the entry `source` under the name `target`; ``copied``, or ``same`` if it was there already.

        DroppedError: secret-missing, keyring-locked, keyring-refused.
        """
        if self.state() == "locked":
            raise DroppedError("keyring-locked", "the user's wallet is closed", "have the user log in to the desktop")
        value = self.lookup(source)
        if value is None:
            raise DroppedError("secret-missing", f"the wallet has no entry {source}", "have the user sign in")
        if self._holds(target, value):
            return "same"
        if self._entry("entryType", "i", source) == PASSWORD:
            self._call("writePassword", "i", "issss", self._open(), FOLDER, target, value.decode(), APPLICATION)
        else:
            self._call("writeEntry", "i", "issayis", self._open(), FOLDER, target, value, STREAM, APPLICATION)
        if not self._holds(target, value):
            raise DroppedError("keyring-refused", f"the wallet did not keep the entry {target}")
        return "copied"

    def _holds(self, key: str, value: bytes) -> bool:
        found = self.lookup(key)
        return found is not None and hmac.compare_digest(found, value)

    def _open(self) -> int:
        """A handle of the wallet, which is open already."""
        if self._handle < 0:
            self._handle = self._call("open", "i", "sxs", self._call("networkWallet", "s"), 0, APPLICATION)
        if self._handle < 0:
            raise DroppedError("keyring-refused", "the wallet does not let the client's name in")
        return self._handle

    def _entry(self, member: str, reply: str, key: str) -> Any:  # noqa: ANN401 - of the type `reply`
        return self._call(member, reply, "isss", self._open(), FOLDER, key, APPLICATION)

    def _call(self, member: str, reply: str, signature: str = "", *values: object) -> Any:  # noqa: ANN401 - as above
        if self._daemon is None:
            raise DroppedError("keyring-absent", "no wallet daemon runs")
        name, path = self._daemon
        return self._bus.call(name, path, INTERFACE, member, signature, *values, reply=reply, flags=NO_AUTO_START)[0]

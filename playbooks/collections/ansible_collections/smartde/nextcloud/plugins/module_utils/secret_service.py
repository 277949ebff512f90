"""The entries of the Nextcloud client in the Secret Service (gnome-keyring, KeePassXC, KWallet's one).

The client (qtkeychain over libsecret) stores each secret with the attributes ``user`` = key name, ``server`` =
``Nextcloud`` and ``type`` = ``plaintext`` or ``base64``. A copy keeps every attribute but the name, the label and the
content type, so it stays what it was for whoever looks for it.

Nobody is ever prompted: what is locked is reported as locked, and a prompt that a service offers is turned down.
"""

from __future__ import annotations

import hmac
from typing import Any

from .dbus import NO_AUTO_START, Connection, DBusError
from .dbus_wire import Variant
from .dropped import DroppedError

SERVICE = "org.freedesktop.secrets"
ROOT = "/org/freedesktop/secrets"
_SERVICE, _COLLECTION, _ITEM, _SESSION = (
    "org.freedesktop.Secret." + name for name in ("Service", "Collection", "Item", "Session")
)
CLIENT = {"server": "Nextcloud"}
NO_OBJECT = "/"


class SecretService:
    """The Secret Service on a session bus. Raises DBusError, and DroppedError for what an admin can act on."""

    def __init__(self, bus: Connection) -> None:
        self._bus = bus
        self._session_path = ""

    def state(self) -> str:
        """``unlocked`` or ``locked``: the default collection; ``absent`` without service or collection."""
        if not self._bus.has_owner(SERVICE):
            return "absent"
        try:
            (collection,) = self._call(ROOT, _SERVICE, "ReadAlias", "o", "s", "default")
            if collection == NO_OBJECT:
                return "absent"
            return "locked" if self._get(collection, _COLLECTION, "Locked", "b") else "unlocked"
        except DBusError as error:
            if error.name == "connection":
                raise
            return "absent"

    def names(self) -> list[str]:
        """The names of all entries of the client, locked ones too; never a value."""
        found = {self._attributes(path).get("user", "") for path in self._search(CLIENT)}
        return sorted(found - {""})

    def has(self, key: str) -> bool:
        """Whether there is an entry of this name, locked or not."""
        return bool(self._search({**CLIENT, "user": key}))

    def lookup(self, key: str) -> bytes | None:
        """The value of an entry, None where there is none. For use inside the user's own session only."""
        items = self._search({**CLIENT, "user": key})
        return self._secret(items[0])[0] if items else None

    def copy(self, source: str, target: str) -> str:
        """Clone the entry `source` under the name `target`; ``copied``, or ``same`` if it was there already.

        DroppedError: secret-missing, keyring-locked, keyring-refused.
        """
        items = self._search({**CLIENT, "user": source})
        if not items:
            raise DroppedError("secret-missing", f"the keyring has no entry {source}", "have the user sign in")
        value, content_type = self._secret(items[0])
        if self._all_hold(target, value):
            return "same"
        self._create(items[0], target, value, content_type)
        for path in self._search({**CLIENT, "user": target}):
            # an older entry of the same name with other attributes would be found as well: it must not differ
            if not self._holds(path, value):
                self._call(path, _ITEM, "SetSecret", "", "(oayays)", (self._session(), b"", value, content_type))
        if not self._all_hold(target, value):
            raise DroppedError("keyring-refused", f"the keyring did not keep the entry {target}")
        return "copied"

    def _create(self, item: str, target: str, value: bytes, content_type: str) -> None:
        attributes = {**self._attributes(item), "user": target}
        properties = {
            _ITEM + ".Label": Variant("s", self._get(item, _ITEM, "Label", "s")),
            _ITEM + ".Attributes": Variant("a{ss}", attributes),
        }
        secret = (self._session(), b"", value, content_type)
        collection, replace = item.rpartition("/")[0], True
        made, prompt = self._call(
            collection, _COLLECTION, "CreateItem", "oo", "a{sv}(oayays)b", properties, secret, replace
        )
        if prompt != NO_OBJECT:
            self._call(prompt, "org.freedesktop.Secret.Prompt", "Dismiss")
            raise _locked()
        if made == NO_OBJECT:
            raise DroppedError("keyring-refused", f"the keyring did not take the entry {target}")

    def _search(self, attributes: dict[str, str]) -> list[str]:
        """Paths of the items with these attributes, unlocked ones first."""
        unlocked, locked = self._call(ROOT, _SERVICE, "SearchItems", "aoao", "a{ss}", attributes)
        return [*unlocked, *locked]

    def _attributes(self, item: str) -> dict[str, str]:
        found: dict[str, str] = self._get(item, _ITEM, "Attributes", "a{ss}")
        return found

    def _secret(self, item: str) -> tuple[bytes, str]:
        """Value and content type. The question for `Locked` comes first: GetSecret may prompt."""
        if self._get(item, _ITEM, "Locked", "b"):
            raise _locked()
        ((_session, _parameters, value, content_type),) = self._call(
            item, _ITEM, "GetSecret", "(oayays)", "o", self._session()
        )
        return value, content_type

    def _holds(self, item: str, value: bytes) -> bool:
        return hmac.compare_digest(self._secret(item)[0], value)

    def _all_hold(self, key: str, value: bytes) -> bool:
        items = self._search({**CLIENT, "user": key})
        return bool(items) and all(self._holds(item, value) for item in items)

    def _session(self) -> str:
        """A session without encryption of its own: the socket is the user's and leaves no machine."""
        if not self._session_path:
            _output, self._session_path = self._call(
                ROOT, _SERVICE, "OpenSession", "vo", "sv", "plain", Variant("s", "")
            )
        return self._session_path

    def _get(self, path: str, interface: str, name: str, kind: str) -> Any:  # noqa: ANN401 - of that kind
        return self._bus.get(SERVICE, path, interface, name, kind)

    def _call(
        self, path: str, interface: str, member: str, reply: str = "", signature: str = "", *values: object
    ) -> list[Any]:
        """Call the service, which must be running: activation is the user's session's business."""
        try:
            return self._bus.call(
                SERVICE, path, interface, member, signature, *values, reply=reply, flags=NO_AUTO_START
            )
        except DBusError as error:
            if error.name == "org.freedesktop.Secret.Error.IsLocked":
                raise _locked() from None
            raise


def _locked() -> DroppedError:
    return DroppedError("keyring-locked", "the user's keyring is locked", "have the user log in to the desktop")

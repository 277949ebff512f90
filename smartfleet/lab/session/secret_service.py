"""org.freedesktop.secrets as libsecret, qtkeychain and smartfleet use it: method calls to a keyring.

Source: the Secret Service API draft of freedesktop.org. Only the ``plain`` transport is offered, since callers fall
back to it; prompts are always dismissed, as on a desktop that nobody looks at.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from smartfleet.lab.session.keyring import Keyring, LockedError, Secret

BASE = "/org/freedesktop/secrets"
COLLECTION = f"{BASE}/collection/login"
ALIAS = f"{BASE}/aliases/default"
PROMPT = f"{BASE}/prompt/p1"
SERVICE_INTERFACE = "org.freedesktop.Secret.Service"
COLLECTION_INTERFACE = "org.freedesktop.Secret.Collection"
ITEM_INTERFACE = "org.freedesktop.Secret.Item"
SESSION_INTERFACE = "org.freedesktop.Secret.Session"
PROMPT_INTERFACE = "org.freedesktop.Secret.Prompt"
PROPERTIES_INTERFACE = "org.freedesktop.DBus.Properties"
NO_OBJECT = "/"

Body = tuple[Any, ...]
"""A D-Bus body as jeepney has it: structures are tuples, variants pairs of a signature and a value."""


class CallError(Exception):
    """A D-Bus error reply."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class Signal:
    """A signal that goes out before or after the reply."""

    path: str
    interface: str
    member: str
    signature: str
    body: Body


@dataclass(frozen=True)
class Reply:
    """What a method returns, and the signals that go out before and after it."""

    signature: str = ""
    body: Body = ()
    signals: tuple[Signal, ...] = ()
    after: tuple[Signal, ...] = ()


class SecretService:
    """Answers method calls on the service's objects."""

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring
        self._sessions = itertools.count(1)
        self._methods: dict[tuple[str, str], Callable[[str, Body], Reply]] = {
            (SERVICE_INTERFACE, "OpenSession"): self._open_session,
            (SERVICE_INTERFACE, "SearchItems"): self._search,
            (SERVICE_INTERFACE, "Unlock"): self._unlock,
            (SERVICE_INTERFACE, "GetSecrets"): self._get_secrets,
            (SERVICE_INTERFACE, "ReadAlias"): self._read_alias,
            (COLLECTION_INTERFACE, "SearchItems"): self._search_collection,
            (COLLECTION_INTERFACE, "CreateItem"): self._create_item,
            (ITEM_INTERFACE, "GetSecret"): self._get_secret,
            (ITEM_INTERFACE, "SetSecret"): self._set_secret,
            (ITEM_INTERFACE, "Delete"): self._delete,
            (SESSION_INTERFACE, "Close"): lambda _path, _body: Reply(),
            (PROMPT_INTERFACE, "Prompt"): self._prompt,
            (PROMPT_INTERFACE, "Dismiss"): lambda _path, _body: Reply(),
            (PROPERTIES_INTERFACE, "Get"): self._get_property,
            (PROPERTIES_INTERFACE, "GetAll"): self._get_properties,
        }

    def call(self, path: str, interface: str, member: str, body: Body) -> Reply:
        """One method call; CallError is the error reply."""
        method = self._methods.get((interface, member))
        if method is None:
            raise CallError("org.freedesktop.DBus.Error.UnknownMethod", f"{interface}.{member} is not served")
        try:
            return method(path, body)
        except LockedError as error:
            raise CallError("org.freedesktop.Secret.Error.IsLocked", "the keyring is locked") from error
        except KeyError as error:
            raise CallError("org.freedesktop.Secret.Error.NoSuchObject", f"{path} is not there") from error

    def _open_session(self, _path: str, body: Body) -> Reply:
        if body[0] != "plain":
            raise CallError("org.freedesktop.DBus.Error.NotSupported", "only plain is offered")
        return Reply("vo", (("s", ""), f"{BASE}/session/s{next(self._sessions)}"))

    def _search(self, _path: str, body: Body) -> Reply:
        found = [_item_path(secret) for secret in self.keyring.search(body[0])]
        return Reply("aoao", ([], found) if self.keyring.locked else (found, []))

    def _search_collection(self, _path: str, body: Body) -> Reply:
        return Reply("ao", ([_item_path(secret) for secret in self.keyring.search(body[0])],))

    def _unlock(self, _path: str, body: Body) -> Reply:
        if self.keyring.locked:
            return Reply("aoo", ([], PROMPT))
        return Reply("aoo", (list(body[0]), NO_OBJECT))

    def _prompt(self, path: str, _body: Body) -> Reply:
        completed = Signal(path, PROMPT_INTERFACE, "Completed", "bv", (True, ("ao", [])))
        return Reply(signals=(completed,))

    def _get_secrets(self, _path: str, body: Body) -> Reply:
        paths, session = body
        secrets = {path: _secret_value(session, self.keyring.read(_number(path))) for path in paths}
        return Reply("a{o(oayays)}", (secrets,))

    def _read_alias(self, _path: str, body: Body) -> Reply:
        return Reply("o", (COLLECTION if body[0] == "default" else NO_OBJECT,))

    def _create_item(self, path: str, body: Body) -> Reply:
        if path not in {COLLECTION, ALIAS}:
            raise KeyError(path)
        properties, (_session, _parameters, value, content_type), replace = body
        label = properties.get(f"{ITEM_INTERFACE}.Label", ("s", ""))[1]
        attributes = dict(properties.get(f"{ITEM_INTERFACE}.Attributes", ("a{ss}", {}))[1])
        secret = self.keyring.store(label, attributes, bytes(value), content_type, replace=replace)
        return Reply("oo", (_item_path(secret), NO_OBJECT))

    def _get_secret(self, path: str, body: Body) -> Reply:
        return Reply("(oayays)", (_secret_value(body[0], self.keyring.read(_number(path))),))

    def _set_secret(self, path: str, body: Body) -> Reply:
        secret = self.keyring.read(_number(path))
        secret.value, secret.content_type = bytes(body[0][2]), body[0][3]
        return Reply()

    def _delete(self, path: str, _body: Body) -> Reply:
        self.keyring.delete(_number(path))
        return Reply("o", (NO_OBJECT,))

    def _get_property(self, path: str, body: Body) -> Reply:
        interface, name = body
        properties = self._properties(path, interface)
        if name not in properties:
            raise CallError("org.freedesktop.DBus.Error.UnknownProperty", f"{interface} has no property {name}")
        return Reply("v", (properties[name],))

    def _get_properties(self, path: str, body: Body) -> Reply:
        return Reply("a{sv}", (self._properties(path, body[0]),))

    def _properties(self, path: str, interface: str) -> dict[str, tuple[str, Any]]:
        if interface == SERVICE_INTERFACE:
            return {"Collections": ("ao", [COLLECTION])}
        if interface == COLLECTION_INTERFACE:
            return {
                "Items": ("ao", [_item_path(secret) for secret in self.keyring.secrets.values()]),
                "Label": ("s", "Login"),
                "Locked": ("b", self.keyring.locked),
                "Created": ("t", 0),
                "Modified": ("t", 0),
            }
        secret = self.keyring.secrets[_number(path)]
        return {
            "Locked": ("b", self.keyring.locked),
            "Attributes": ("a{ss}", secret.attributes),
            "Label": ("s", secret.label),
            "Type": ("s", ITEM_INTERFACE),
            "Created": ("t", secret.created),
            "Modified": ("t", secret.modified),
        }


def _item_path(secret: Secret) -> str:
    return f"{COLLECTION}/{secret.number}"


def _number(path: str) -> int:
    """The entry's number in an item path; KeyError for any other path."""
    parent, _, name = path.rpartition("/")
    if parent not in {COLLECTION, ALIAS} or not name.isdigit():
        raise KeyError(path)
    return int(name)


def _secret_value(session: str, secret: Secret) -> tuple[str, bytes, bytes, str]:
    return (session, b"", secret.value, secret.content_type)

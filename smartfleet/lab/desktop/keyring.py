"""The client's side of the Secret Service: read and store the app password, over the session bus."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# jeepney ships no types
from jeepney import DBusAddress, DBusErrorResponse, new_method_call  # type: ignore[import-untyped]
from jeepney.io.blocking import DBusConnection, prep_socket  # type: ignore[import-untyped]

from smartfleet.lab.session.address import socket_of

SERVICE = DBusAddress("/org/freedesktop/secrets", "org.freedesktop.secrets", "org.freedesktop.Secret.Service")
COLLECTION = DBusAddress(
    "/org/freedesktop/secrets/aliases/default", "org.freedesktop.secrets", "org.freedesktop.Secret.Collection"
)
TIMEOUT = 10.0
"""Seconds for one answer; a locked keyring answers at once, a dead bus never does."""


def attributes(key: str) -> dict[str, str]:
    """What qtkeychain files a text secret under."""
    return {"user": key, "server": "Nextcloud", "type": "plaintext"}


def lookup(bus: str, key: str) -> str | None:
    """The secret named `key`, or None if there is none, the keyring is locked or no session bus answers at `bus`."""
    if not bus:
        return None
    try:
        with _connection(bus) as connection:
            session = _open_session(connection)
            search = {"user": key, "server": "Nextcloud"}
            (unlocked, _locked) = _call(connection, SERVICE, "SearchItems", "a{ss}", (search,))
            if not unlocked:
                return None
            (secrets,) = _call(connection, SERVICE, "GetSecrets", "aoo", ([unlocked[0]], session))
            return bytes(secrets[unlocked[0]][2]).decode("utf-8")
    except (OSError, DBusErrorResponse, UnicodeDecodeError):
        return None


def store(bus: str, key: str, value: str) -> bool:
    """Stores or replaces a secret; False if the keyring does not take it."""
    properties = {
        "org.freedesktop.Secret.Item.Label": ("s", "Nextcloud"),
        "org.freedesktop.Secret.Item.Attributes": ("a{ss}", attributes(key)),
    }
    try:
        with _connection(bus) as connection:
            secret = (_open_session(connection), b"", value.encode(), "text/plain")
            _call(connection, COLLECTION, "CreateItem", "a{sv}(oayays)b", (properties, secret, True))
    except (OSError, DBusErrorResponse):
        return False
    return True


@contextmanager
def _connection(bus: str) -> Iterator[DBusConnection]:
    # not by the address, of which jeepney would read every escaped byte as a character of its own
    connection = DBusConnection(prep_socket(socket_of(bus), timeout=TIMEOUT))
    try:
        yield connection
    finally:
        connection.close()


def _open_session(connection: DBusConnection) -> str:
    (_output, session) = _call(connection, SERVICE, "OpenSession", "sv", ("plain", ("s", "")))
    return str(session)


def _call(connection: DBusConnection, address: DBusAddress, method: str, signature: str, body: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a D-Bus body may hold any type
    message = new_method_call(address, method, signature, body)
    reply = connection.send_and_get_reply(message, timeout=TIMEOUT)
    if reply.header.message_type.name == "error":
        raise DBusErrorResponse(reply)
    return reply.body

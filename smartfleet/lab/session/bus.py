"""A session bus: a unix socket that speaks D-Bus, with a Secret Service, a desktop that shows notices and a session
manager's environment on it.

It does what their callers need of a bus (sign-on, names, calls, replies and directed signals) and does not route
between clients.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import secrets
from pathlib import Path
from typing import Any

# jeepney ships no types
from jeepney import (  # type: ignore[import-untyped]
    DBusAddress,
    HeaderFields,
    Message,
    MessageFlag,
    MessageType,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.low_level import Parser  # type: ignore[import-untyped]

from smartfleet.errors import LabError
from smartfleet.lab.session.keyring import Keyring
from smartfleet.lab.session.notifications import NotificationService, Screen
from smartfleet.lab.session.secret_service import Body, CallError, Reply, SecretService, Signal

BUS_NAME = "org.freedesktop.DBus"
SECRETS_NAME = "org.freedesktop.secrets"
SECRETS_OWNER = ":1.0"
MANAGER_NAME = "org.freedesktop.systemd1"
MANAGER_OWNER = ":1.1"
NOTICES_NAME = "org.freedesktop.Notifications"
NOTICES_OWNER = ":1.2"
NAMES = {
    BUS_NAME: BUS_NAME,
    SECRETS_NAME: SECRETS_OWNER,
    SECRETS_OWNER: SECRETS_OWNER,
    MANAGER_NAME: MANAGER_OWNER,
    MANAGER_OWNER: MANAGER_OWNER,
    NOTICES_NAME: NOTICES_OWNER,
    NOTICES_OWNER: NOTICES_OWNER,
}
MAX_SOCKET_PATH = 107
"""Bytes of a unix socket's path on Linux, without the closing zero."""


def check_socket_path(path: Path) -> None:
    """LabError if `path` is too long for a unix socket."""
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise LabError(
            "lab/path-too-long",
            f"{path} is too long for a unix socket ({MAX_SOCKET_PATH} bytes)",
            do="choose a folder with a shorter path, or a shorter TMPDIR",
        )


class SessionBus:
    """The bus of one logged-on user, at `path`."""

    def __init__(
        self, path: Path, keyring: Keyring, environment: dict[str, str] | None = None, screen: Screen | None = None
    ) -> None:
        self.path = path
        self.keyring = keyring
        self._environment = [f"{name}={value}" for name, value in (environment or {}).items()]
        self._secrets = SecretService(keyring)
        self._notices = NotificationService(screen or Screen())
        self._clients = itertools.count(3)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Begins to listen. LabError if the path is too long for a socket."""
        check_socket_path(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def close(self) -> None:
        """Ends the session: the socket is gone and every client is disconnected."""
        if self._server is None:
            return
        self._server.close()
        for writer in self._writers:
            writer.close()
        self.path.unlink(missing_ok=True)
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if await _sign_on(reader, writer):
                await self._converse(reader, writer, f":1.{next(self._clients)}")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone, as clients do
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
        parser = Parser()
        serials = itertools.count(1)
        while data := await reader.read(65536):
            parser.add_data(data)
            while (message := parser.get_next_message()) is not None:
                for answer in self._answers(message, name):
                    writer.write(answer.serialise(serial=next(serials)))
            await writer.drain()

    def _answers(self, message: Message, client: str) -> list[Message]:
        """The signals and the reply to one message, addressed to its sender."""
        if message.header.message_type is not MessageType.method_call:
            return []
        fields = message.header.fields
        destination = NAMES.get(str(fields.get(HeaderFields.destination, BUS_NAME)), "")
        path, interface, member = (
            str(fields.get(field, "")) for field in (HeaderFields.path, HeaderFields.interface, HeaderFields.member)
        )
        try:
            if destination == SECRETS_OWNER:
                reply = self._secrets.call(path, interface, member, message.body)
            elif destination == NOTICES_OWNER:
                reply = self._notices.call(path, interface, member, message.body)
            elif destination == MANAGER_OWNER:
                reply = self._manager_call(member, message.body)
            else:
                reply = _bus_call(destination, member, message.body, client)
        except CallError as error:
            return [_addressed(new_error(message, error.name, "s", (str(error),)), destination or BUS_NAME, client)]
        answers = [_addressed(_signal(signal), destination, client) for signal in reply.signals]
        if not message.header.flags & MessageFlag.no_reply_expected:
            back = new_method_return(message, reply.signature or None, reply.body)
            answers.append(_addressed(back, destination, client))
        return answers + [_addressed(_signal(signal), destination, client) for signal in reply.after]

    def _manager_call(self, member: str, body: Body) -> Reply:
        """The session manager: only what `systemctl --user show-environment` asks."""
        if member != "Get" or body[1] != "Environment":
            raise CallError(f"{BUS_NAME}.Error.UnknownMethod", f"{member} is not served")
        return Reply("v", (("as", self._environment),))


def _signal(signal: Signal) -> Message:
    where = DBusAddress(signal.path, interface=signal.interface)
    return new_signal(where, signal.member, signal.signature, signal.body)


def _addressed(message: Message, sender: str, client: str) -> Message:
    message.header.fields[HeaderFields.sender] = sender
    message.header.fields[HeaderFields.destination] = client
    return message


def _bus_call(destination: str, member: str, body: Body, client: str) -> Reply:
    """The methods of the bus itself; CallError for any other destination."""
    if destination != BUS_NAME:
        raise CallError(f"{BUS_NAME}.Error.ServiceUnknown", "nobody has that name here")
    known: dict[str, tuple[str, Any]] = {
        "Hello": ("s", client),
        "AddMatch": ("", None),
        "RemoveMatch": ("", None),
        "RequestName": ("u", 1),
        "ReleaseName": ("u", 1),
        "StartServiceByName": ("u", 2),
        "ListNames": ("as", list(NAMES)),
        "ListActivatableNames": ("as", [BUS_NAME]),
        "GetConnectionUnixUser": ("u", os.geteuid()),
        "GetConnectionUnixProcessID": ("u", os.getpid()),
        "Ping": ("", None),
    }
    if member == "NameHasOwner":
        return Reply("b", (body[0] in NAMES or body[0] == client,))
    if member == "GetNameOwner":
        owner = client if body[0] == client else NAMES.get(body[0])
        if owner is None:
            raise CallError(f"{BUS_NAME}.Error.NameHasNoOwner", "nobody has that name here")
        return Reply("s", (owner,))
    if member not in known:
        raise CallError(f"{BUS_NAME}.Error.UnknownMethod", f"{member} is not served")
    signature, value = known[member]
    return Reply(signature, (value,)) if signature else Reply()


async def _sign_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """The SASL dialogue: EXTERNAL with the caller's uid. False if the client does not get through."""
    if await reader.readexactly(1) != b"\0":
        return False
    uid = str(os.geteuid()).encode().hex()
    accepted = False
    while line := (await reader.readline()).strip().decode("ascii", "replace"):
        words = line.split()
        if words[0] == "BEGIN":
            return accepted
        if words[:2] == ["AUTH", "EXTERNAL"] and len(words) == 2:
            answer = "DATA"
        elif (words[:2] == ["AUTH", "EXTERNAL"] and words[2] == uid) or words[0] == "DATA":
            accepted = words[0] != "DATA" or words[1:] in ([], [uid])
            answer = f"OK {secrets.token_hex(16)}" if accepted else "REJECTED EXTERNAL"
        elif words[0] == "AUTH":
            answer = "REJECTED EXTERNAL"
        else:
            answer = "ERROR"  # also for NEGOTIATE_UNIX_FD: no descriptors are passed here
        writer.write(f"{answer}\r\n".encode())
        await writer.drain()
    return False

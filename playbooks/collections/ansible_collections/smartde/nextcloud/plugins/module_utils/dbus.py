"""A small client for a user's session bus: connect, authenticate as oneself, call a method, read the answer.

Our own, because the tools that an ordinary desktop has for this (gdbus, busctl) take every argument on their command
line, where the whole machine can read a secret in the process list. Unix sockets only; no file descriptors; calls of
others are passed over, and so are signals that nobody asked for. Nothing here waits longer than its timeout.
"""

from __future__ import annotations

import os
import re
import socket
import struct
import time
from collections import deque
from typing import Any, Deque, NamedTuple
from urllib.parse import unquote_to_bytes

from .dbus_wire import Variant, WireError, marshal, unmarshal

MESSAGE_LIMIT = 16 * 1024 * 1024
SIGNALS_KEPT = 100
NO_AUTO_START = 0x2
_CALL, _RETURN, _ERROR, _SIGNAL = 1, 2, 3, 4
_PATH, _INTERFACE, _MEMBER, _ERROR_NAME, _REPLY_SERIAL, _DESTINATION, _SIGNATURE = 1, 2, 3, 4, 5, 6, 8
_ESCAPED = re.compile(rb"[^-0-9A-Za-z_/.\\*]")
PROPERTIES = "org.freedesktop.DBus.Properties"
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


class DBusError(Exception):
    """An error that a service answered, by its D-Bus name.

    ``connection`` is the bus itself, ``unexpected`` an answer of other types than the interface has.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


class Signal(NamedTuple):
    """A signal as it came; who may send on this bus may have forged it."""

    path: str
    interface: str
    member: str
    values: list[Any]


class Connection:
    """A connection to a message bus. Use as a context manager."""

    def __init__(self, address: str, *, timeout: float = 10.0) -> None:
        """Connect and say hello. DBusError if no address of the list answers as a bus in time."""
        self._timeout = timeout
        self._serial = 0
        self._listening = False
        self._signals: Deque[Signal] = deque(maxlen=SIGNALS_KEPT)
        self._end = time.monotonic() + timeout
        self._socket = self._open(address)
        try:
            self._authenticate()
            self.call(*BUS, "Hello", reply="s")
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Connection:  # noqa: PYI034 - Self is not in the 3.9 library
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def call(
        self,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *values: Any,  # noqa: ANN401 - whatever the signature says
        reply: str = "",
        flags: int = 0,
    ) -> list[Any]:
        """Call a method and return the values of its answer, which must have the signature `reply`.

        DBusError for an error, for no answer in time and for an answer of other types.
        """
        self._serial += 1
        self._end = time.monotonic() + self._timeout
        body = marshal(signature, values)
        fields: list[tuple[int, Variant]] = [
            (_PATH, Variant("o", path)),
            (_DESTINATION, Variant("s", destination)),
            (_INTERFACE, Variant("s", interface)),
            (_MEMBER, Variant("s", member)),
        ]
        if signature:
            fields.append((_SIGNATURE, Variant("g", signature)))
        head = marshal("yyyyuua(yv)", (ord("l"), _CALL, flags, 1, len(body), self._serial, fields))
        try:
            self._wait()
            self._socket.sendall(head + bytes(-len(head) % 8) + body)
            while True:
                answer = self._message(self._serial)
                if answer is not None:
                    break
        except WireError as error:
            raise DBusError("connection", f"the bus sent what is no D-Bus: {error}") from None
        except OSError as error:
            raise DBusError("connection", str(error)) from None
        found, values_found = answer
        if found != reply:
            raise DBusError("unexpected", f"{member} answered {found!r}, not {reply!r}")
        return values_found

    def get(self, destination: str, path: str, interface: str, name: str, kind: str) -> Any:  # noqa: ANN401 - a `kind`
        """The value of a property of the type `kind`; as `call`, and nothing is started for it."""
        (value,) = self.call(
            destination, path, PROPERTIES, "Get", "ss", interface, name, reply="v", flags=NO_AUTO_START
        )
        if value.signature != kind:
            raise DBusError("unexpected", f"{name} is {value.signature!r}, not {kind!r}")
        return value.value

    def has_owner(self, name: str) -> bool:
        """Whether somebody on the bus has this name now."""
        (answer,) = self.call(*BUS, "NameHasOwner", "s", name, reply="b")
        return bool(answer)

    def listen(self, rule: str) -> None:
        """Ask for the signals that fit a match rule; `signal` hands them out."""
        self.call(*BUS, "AddMatch", "s", rule)
        self._listening = True

    def signal(self, seconds: float) -> Signal | None:
        """The next signal that came; None where none does within `seconds`. DBusError where the connection broke."""
        self._end = time.monotonic() + seconds
        try:
            while not self._signals:
                self._message(0)
        except WireError as error:
            raise DBusError("connection", f"the bus sent what is no D-Bus: {error}") from None
        except OSError as error:
            if time.monotonic() >= self._end:
                return None
            raise DBusError("connection", str(error)) from None
        return self._signals.popleft()

    def _open(self, address: str) -> socket.socket:
        problem = "no address of a unix socket"
        for target in socket_addresses(address):
            channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            channel.settimeout(self._timeout)
            try:
                channel.connect(target)
            except OSError as error:
                channel.close()
                problem = str(error)
                continue
            return channel
        raise DBusError("connection", f"no session bus: {problem}")

    def _authenticate(self) -> None:
        """SASL EXTERNAL: the kernel tells the bus who is at the other end of the socket."""
        try:
            self._socket.sendall(b"\0AUTH EXTERNAL " + str(os.geteuid()).encode().hex().encode() + b"\r\n")
            line = b""
            while not line.endswith(b"\r\n"):
                line += self._read(1)
                if len(line) > 512:
                    break
            if not line.startswith(b"OK "):
                raise DBusError("connection", "the bus does not accept this user")
            self._socket.sendall(b"BEGIN\r\n")
        except OSError as error:
            raise DBusError("connection", str(error)) from None

    def _message(self, serial: int) -> tuple[str, list[Any]] | None:
        """Read one message; signature and values of the answer to `serial`, None for any other. Signals are kept."""
        fixed = self._read(16)
        order = {ord("l"): "<", ord("B"): ">"}.get(fixed[0])
        if order is None:
            raise WireError("no byte order")
        length, _own, fields_length = struct.unpack(order + "III", fixed[4:16])
        padded = fields_length + -fields_length % 8
        if padded + length > MESSAGE_LIMIT:
            raise WireError("a message too large")
        head = fixed + self._read(padded)
        body = self._read(length)
        ((fields,), _end) = unmarshal("a(yv)", head, order=order, offset=12)
        found = {code: variant.value for code, variant in fields}
        signature = found.get(_SIGNATURE, "")
        if fixed[1] == _SIGNAL and self._listening:
            path, interface, member = (str(found.get(field, "")) for field in (_PATH, _INTERFACE, _MEMBER))
            self._signals.append(Signal(path, interface, member, unmarshal(signature, body, order=order)[0]))
        if fixed[1] not in (_RETURN, _ERROR) or found.get(_REPLY_SERIAL) != serial:
            return None
        values, _end = unmarshal(signature, body, order=order)
        if fixed[1] == _ERROR:
            text = values[0] if values and isinstance(values[0], str) else ""
            raise DBusError(str(found.get(_ERROR_NAME, "unnamed")), text)
        return signature, values

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            self._wait()
            part = self._socket.recv(min(size - len(data), 1 << 16))
            if not part:
                raise OSError("the bus closed the connection")
            data += part
        return bytes(data)

    def _wait(self) -> None:
        """Let the next operation on the socket last as long as the call still may."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise OSError("no answer in time")
        self._socket.settimeout(left)


def address_of(path: str) -> str:
    """The address of a bus at a path. Whatever is not plain is escaped: a bare ``;`` would begin another address."""
    return "unix:path=" + _ESCAPED.sub(lambda found: b"%%%02x" % ord(found[0]), os.fsencode(path)).decode("ascii")


def socket_addresses(address: str) -> list[bytes]:
    """The unix sockets of a D-Bus address list (``unix:path=/run/user/1000/bus,guid=..;unix:abstract=..``)."""
    found = []
    for entry in address.split(";"):
        transport, _colon, rest = entry.partition(":")
        if transport != "unix":
            continue
        options = dict(part.partition("=")[::2] for part in rest.split(","))
        if "path" in options:
            found.append(unquote_to_bytes(options["path"]))
        elif "abstract" in options:
            found.append(b"\0" + unquote_to_bytes(options["abstract"]))
    return [target for target in found if target]

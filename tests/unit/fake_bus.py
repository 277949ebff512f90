"""A message bus with services of a test's own, at the other end of our D-Bus client; it speaks through jeepney."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from jeepney import (  # type: ignore[import-untyped]  # jeepney ships no types
    HeaderFields,
    Message,
    MessageType,
    new_error,
    new_method_return,
)
from jeepney.low_level import Parser  # type: ignore[import-untyped]

Handler = Callable[..., tuple[str, tuple[Any, ...]]]
DRIVER = "org.freedesktop.DBus"


class RefusalError(Exception):
    """An error that a method of the test answers."""

    def __init__(self, name: str, message: str = "") -> None:
        super().__init__(name, message)


class FakeBus:
    """`methods` maps (interface, member) to a function of path and arguments that gives signature and body.

    `names` are the names that have an owner. `calls` tells what was called. A method without entry is an error.
    `after` are bytes that follow the answer of a method: signals, or what is none.
    """

    def __init__(
        self,
        folder: Path,
        methods: dict[tuple[str, str], Handler],
        names: set[str],
        after: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        self._after = after
        self.address = f"unix:path={folder}/bus"
        self.calls: list[tuple[str, str]] = []
        self._methods: dict[tuple[str, str], Handler] = {
            (DRIVER, "Hello"): lambda _path: ("s", (":1.1",)),
            (DRIVER, "NameHasOwner"): lambda _path, name: ("b", (name in names,)),
            **methods,
        }
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(folder / "bus"))
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _address = self._socket.accept()
            except OSError:
                return
            with client, contextlib.suppress(ConnectionError):
                self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        stream = client.makefile("rb")
        assert stream.readline().startswith(b"\0AUTH EXTERNAL ")
        client.sendall(b"OK 1234deadbeef\r\n")
        assert stream.readline() == b"BEGIN\r\n"
        parser = Parser()
        serial = 0
        while data := stream.read1(65536):
            parser.add_data(data)
            while message := parser.get_next_message():
                serial += 1
                client.sendall(self._answer(message).serialise(serial) + self._after.get(self.calls[-1][1], b""))

    def _answer(self, message: Message) -> Message:
        assert message.header.message_type is MessageType.method_call
        fields = message.header.fields
        called = (fields[HeaderFields.interface], fields[HeaderFields.member])
        self.calls.append(called)
        try:
            signature, body = self._methods[called](fields[HeaderFields.path], *message.body)
        except KeyError:
            return new_error(message, "org.freedesktop.DBus.Error.UnknownMethod", "s", (f"no {called[1]}",))
        except RefusalError as error:
            name, text = error.args
            return new_error(message, name, "s", (text,))
        return new_method_return(message, signature or None, body)

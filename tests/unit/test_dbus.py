"""Our D-Bus marshalling against jeepney's, and the client against a peer that may misbehave."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.dbus import (
    Connection,
    DBusError,
    address_of,
    socket_addresses,
)
from ansible_collections.smartde.nextcloud.plugins.module_utils.dbus_wire import (
    Variant,
    WireError,
    marshal,
    split,
    unmarshal,
)
from hypothesis import given
from hypothesis import strategies as st
from jeepney.low_level import Endianness, parse_signature  # type: ignore[import-untyped]  # jeepney ships no types

from tests.unit.fake_bus import FakeBus, Handler, RefusalError

TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12)
BASIC: dict[str, st.SearchStrategy[Any]] = {
    "y": st.integers(0, 255),
    "n": st.integers(-(2**15), 2**15 - 1),
    "q": st.integers(0, 2**16 - 1),
    "i": st.integers(-(2**31), 2**31 - 1),
    "u": st.integers(0, 2**32 - 1),
    "x": st.integers(-(2**63), 2**63 - 1),
    "t": st.integers(0, 2**64 - 1),
    "b": st.booleans(),
    "d": st.floats(allow_nan=False),
    "s": TEXT,
    "o": st.sampled_from(["/", "/a/b", "/org/freedesktop/secrets"]),
    "g": st.sampled_from(["", "s", "a{sv}", "(oayays)"]),
}
Typed = tuple[str, Any]


def _array(item: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    # elements of one type: repeat one value
    return st.tuples(item, st.integers(0, 3)).map(
        lambda drawn: (
            ("a" + drawn[0][0], bytes([drawn[0][1]] * drawn[1]))
            if drawn[0][0] == "y"
            else ("a" + drawn[0][0], [drawn[0][1]] * drawn[1])
        )
    )


def _struct(item: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    return st.lists(item, min_size=1, max_size=4).map(
        lambda parts: ("(" + "".join(kind for kind, _value in parts) + ")", tuple(value for _kind, value in parts))
    )


def _dictionary(item: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    return st.tuples(TEXT, item).map(lambda drawn: ("a{s" + drawn[1][0] + "}", {drawn[0]: drawn[1][1]}))


def _variant(item: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    return item.map(lambda drawn: ("v", Variant(*drawn)))


TYPED: st.SearchStrategy[Typed] = st.recursive(
    st.one_of([st.tuples(st.just(kind), values) for kind, values in BASIC.items()]),
    lambda item: _array(item) | _struct(item) | _dictionary(item) | _variant(item),
    max_leaves=8,
)


@given(TYPED)
def test_what_is_marshalled_comes_back(typed: Typed) -> None:
    signature, value = typed
    data = marshal("y" + signature, (7, value))
    assert unmarshal("y" + signature, data) == ([7, value], len(data))


@given(TYPED)
def test_jeepney_writes_and_reads_the_same_bytes(typed: Typed) -> None:
    signature, value = typed
    types = parse_signature(list(f"({signature})"))
    data = marshal(f"({signature})", ((value,),))
    assert types.serialise((value,), 0, Endianness.little) == data
    assert types.parse_data(data, 0, Endianness.little)[0] == (value,)
    other = types.serialise((value,), 0, Endianness.big)
    assert unmarshal(f"({signature})", other, order=">")[0] == [(value,)]


@given(st.text("aybs(){}vogtx", max_size=8), st.binary(max_size=60))
def test_no_bytes_do_worse_than_an_error(signature: str, data: bytes) -> None:
    with contextlib.suppress(WireError):
        unmarshal(signature, data)


@pytest.mark.parametrize("signature", ["(", "()", "a", "a{", "{}", "a{s", ")", "z", "(s", "a" * 100 + "s"])
def test_broken_signatures(signature: str) -> None:
    with pytest.raises(WireError):
        split(signature)


def test_types_nested_by_variants_have_an_end() -> None:
    with pytest.raises(WireError, match="deep"):
        unmarshal("v", b"\x01v\x00" * 1000)


@pytest.mark.parametrize(
    ("address", "sockets"),
    [
        ("unix:path=/run/user/1000/bus", [b"/run/user/1000/bus"]),
        ("unix:path=/a%20b,guid=77;unix:abstract=/tmp/x", [b"/a b", b"\0/tmp/x"]),
        ("tcp:host=127.0.0.1,port=1;unix:tmpdir=/tmp;unix:path=", []),
        ("", []),
    ],
)
def test_addresses(address: str, sockets: list[bytes]) -> None:
    assert socket_addresses(address) == sockets


@pytest.mark.parametrize(
    "path", ["/run/user/1000/bus", "/run/user/a;b,c=d/bus", "/run/Jörg Öz 100%/bus", "/a:b#'\"/bus"]
)
def test_an_address_leads_to_its_path_whatever_that_is(path: str) -> None:
    assert socket_addresses(address_of(path)) == [os.fsencode(path)]
    # what real buses and programs take: nothing else stands there bare
    assert re.fullmatch(r"unix:path=([-0-9A-Za-z_/.\\*]|%[0-9a-f]{2})+", address_of(path))


def _sum(_path: str, numbers: list[int]) -> tuple[str, tuple[int]]:
    return "t", (sum(numbers),)


def _fail(_path: str) -> tuple[str, tuple[()]]:
    raise RefusalError("org.example.Full", "no room")


def test_a_call_and_its_errors(tmp_path: Path) -> None:
    methods: dict[tuple[str, str], Handler] = {("org.example", "Sum"): _sum, ("org.example", "Fail"): _fail}
    with FakeBus(tmp_path, methods, {"org.example"}) as peer, Connection(peer.address) as bus:
        assert bus.call("org.example", "/", "org.example", "Sum", "ax", [1, 2**40], reply="t") == [1 + 2**40]
        with pytest.raises(DBusError) as caught:
            bus.call("org.example", "/", "org.example", "Sum", "ax", [1], reply="s")
        assert caught.value.name == "unexpected"
        assert bus.has_owner("org.example")
        assert not bus.has_owner("org.other")
        with pytest.raises(DBusError) as caught:
            bus.call("org.example", "/", "org.example", "Fail")
        assert (caught.value.name, caught.value.message) == ("org.example.Full", "no room")


def _serve(folder: Path, answers: list[bytes]) -> tuple[str, threading.Thread]:
    """Somebody at a socket who answers each message with the next of these bytes, then says nothing more."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(folder / "bus"))
    server.listen()

    def run() -> None:
        client, _address = server.accept()
        with server, client, contextlib.suppress(OSError):  # our client hangs up on such a bus
            for answer in answers:
                client.recv(4096)
                client.sendall(answer)
            client.settimeout(5)
            while client.recv(4096):
                pass

    thread = threading.Thread(target=run)
    thread.start()
    return f"unix:path={folder}/bus", thread


HELLO = b"OK 12\r\n"


@pytest.mark.parametrize(
    "answers",
    [
        [b"REJECTED EXTERNAL\r\n"],
        [b"x" * 600],
        [],  # never an answer
        [HELLO, b"", b""],
        [HELLO, b"HTTP/1.1 400 Bad Request\r\n\r\n"],
        [HELLO, b"l\x02\x00\x01" + struct.pack("<III", 2**31, 1, 0)],
        [HELLO, b"l\x02\x00\x01" + struct.pack("<III", 0, 1, 2**30)],
        [HELLO, b"l\x02\x00\x01" + struct.pack("<III", 0, 1, 8) + b"\xff" * 8],
    ],
)
def test_a_bus_that_misbehaves_costs_its_timeout_at_most(tmp_path: Path, answers: list[bytes]) -> None:
    address, thread = _serve(tmp_path, answers)
    before = time.monotonic()
    with pytest.raises(DBusError) as caught:
        Connection(address, timeout=0.3)
    assert caught.value.name == "connection"
    assert time.monotonic() - before < 60
    thread.join()


@pytest.mark.parametrize("make", [Path.exists, Path.touch, Path.mkdir])
def test_no_bus_at_the_address(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "bus")
    with pytest.raises(DBusError) as caught:
        Connection(f"unix:path={tmp_path}/bus", timeout=1)
    assert caught.value.name == "connection"

"""D-Bus values as bytes: the marshalling of the D-Bus specification, in both byte orders.

Python shapes: y n q i u x t h -> int, b -> bool, d -> float, s o g -> str, ay -> bytes, a{..} -> dict, a.. -> list,
(..) -> tuple, v -> Variant. A peer is not trusted: every length is checked before anything is built from it.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

ARRAY_LIMIT = 64 * 1024 * 1024
MAX_DEPTH = 32
_NUMBERS = {"y": ("B", 1), "n": ("h", 2), "q": ("H", 2), "i": ("i", 4), "u": ("I", 4), "h": ("I", 4)}
_NUMBERS.update({"b": ("I", 4), "x": ("q", 8), "t": ("Q", 8), "d": ("d", 8)})
_ALIGNMENT = {"s": 4, "o": 4, "g": 1, "a": 4, "v": 1, "(": 8, "{": 8}


class WireError(ValueError):
    """Bytes or a signature that are no D-Bus."""


class Variant(NamedTuple):
    """A value with its own type."""

    signature: str
    value: Any


def split(signature: str) -> list[str]:
    """The single complete types of a signature."""
    types = []
    start = 0
    while start < len(signature):
        end = _type_end(signature, start)
        types.append(signature[start:end])
        start = end
    return types


def marshal(signature: str, values: tuple[Any, ...]) -> bytes:
    """The body for `values`, little endian. ValueError for a value that its type cannot hold."""
    types = split(signature)
    if len(types) != len(values):
        raise WireError(f"{len(values)} values for {signature!r}")
    writer = _Writer()
    for kind, value in zip(types, values):
        writer.put(kind, value)
    return bytes(writer.data)


def unmarshal(signature: str, data: bytes, *, order: str = "<", offset: int = 0) -> tuple[list[Any], int]:
    """The values and where they end in `data`; alignment counts from the start of `data`."""
    reader = _Reader(data, order, offset)
    return [reader.get(kind) for kind in split(signature)], reader.at


def _type_end(signature: str, at: int, depth: int = 0) -> int:
    if at >= len(signature) or depth > 2 * MAX_DEPTH:
        raise WireError(f"broken signature {signature!r}")
    code = signature[at]
    if code == "a":
        return _type_end(signature, at + 1, depth + 1)
    if code in "({":
        close = ")" if code == "(" else "}"
        start = at = at + 1
        while at < len(signature) and signature[at] != close:
            at = _type_end(signature, at, depth + 1)
        if at >= len(signature) or at == start:
            raise WireError(f"broken signature {signature!r}")
        return at + 1
    if code in _NUMBERS or code in "sogv":
        return at + 1
    raise WireError(f"no type {code!r} in {signature!r}")


def _alignment(kind: str) -> int:
    return _NUMBERS[kind][1] if kind in _NUMBERS else _ALIGNMENT[kind[0]]


class _Writer:
    def __init__(self) -> None:
        self.data = bytearray()

    def put(self, kind: str, value: Any) -> None:  # noqa: ANN401 - any value of any type
        self._pad(_alignment(kind))
        if kind in _NUMBERS:
            try:
                self.data += struct.pack("<" + _NUMBERS[kind][0], value)
            except struct.error as error:
                raise WireError(f"{value!r} is no {kind!r}: {error}") from None
        elif kind in "so":
            text = value.encode()
            self.data += struct.pack("<I", len(text)) + text + b"\0"
        elif kind == "g":
            self.data += bytes([len(value)]) + value.encode() + b"\0"
        elif kind == "v":
            self.put("g", value.signature)
            self.put(value.signature, value.value)
        elif kind[0] == "a":
            self._put_array(kind[1:], value)
        else:
            for part, item in zip(split(kind[1:-1]), value):
                self.put(part, item)

    def _put_array(self, kind: str, value: Any) -> None:  # noqa: ANN401 - bytes, dict or list
        at = len(self.data)
        self.data += b"\0\0\0\0"
        self._pad(_alignment(kind))
        start = len(self.data)
        if kind == "y":
            self.data += value
        else:
            for item in value.items() if isinstance(value, dict) else value:
                self.put(kind, item)
        struct.pack_into("<I", self.data, at, len(self.data) - start)

    def _pad(self, size: int) -> None:
        self.data += bytes(-len(self.data) % size)


class _Reader:
    def __init__(self, data: bytes, order: str, offset: int) -> None:
        self.data = data
        self.order = order
        self.at = offset
        self._depth = 0

    def get(self, kind: str) -> Any:  # noqa: ANN401 - any value of any type
        self._pad(_alignment(kind))
        if kind in _NUMBERS:
            code, size = _NUMBERS[kind]
            (number,) = struct.unpack(self.order + code, self._take(size))
            return bool(number) if kind == "b" else number
        if kind in "so":
            return self._text(self.get("u"))
        if kind == "g":
            return self._text(self.get("y"))
        return self._container(kind)

    def _container(self, kind: str) -> Any:  # noqa: ANN401 - any value of any type
        self._depth += 1
        if self._depth > 2 * MAX_DEPTH:
            raise WireError("nested too deeply")
        found: Any
        if kind == "v":
            signature = self.get("g")
            if len(split(signature)) != 1:
                raise WireError(f"a variant of {signature!r}")
            found = Variant(signature, self.get(signature))
        elif kind[0] == "a":
            found = self._array(kind[1:])
        else:
            found = tuple(self.get(part) for part in split(kind[1:-1]))
        self._depth -= 1
        return found

    def _array(self, kind: str) -> Any:  # noqa: ANN401 - bytes, dict or list
        size = self.get("u")
        self._pad(_alignment(kind))
        end = self.at + size
        if size > ARRAY_LIMIT or end > len(self.data):
            raise WireError("an array longer than its message")
        if kind == "y":
            return self._take(size)
        items = []
        while self.at < end:
            items.append(self.get(kind))
        if self.at != end:
            raise WireError("an array that ends inside an element")
        return dict(items) if kind[0] == "{" else items

    def _text(self, size: int) -> str:
        raw = self._take(size + 1)
        if raw[-1:] != b"\0":
            raise WireError("a string without its end")
        return raw[:-1].decode("utf-8", "replace")

    def _take(self, size: int) -> bytes:
        part = self.data[self.at : self.at + size]
        if len(part) != size:
            raise WireError("the message is cut off")
        self.at += size
        return part

    def _pad(self, size: int) -> None:
        self.at += -self.at % size

"""QSettings itself, for comparison: Qt 6 from PySide6, which needs no display for this."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from smartfleet.nextcloud.inivalues import Invalid, Variant

if TYPE_CHECKING:
    from smartfleet.nextcloud.inivalues import Value

REASON = (
    "PySide6 cannot load QtCore: it needs the system's libglib-2.0 (Debian: libglib2.0-0, comes with make live-deps)"
)
_numbers = itertools.count()

QtReader = Callable[[bytes], dict[str, Any]]


def reader(folder: Path) -> QtReader:
    """A function from the bytes of a file to the values that QSettings reads from it; files lie in `folder`."""
    core = pytest.importorskip("PySide6.QtCore", reason=REASON, exc_type=ImportError)

    def read(data: bytes) -> dict[str, Any]:
        path = folder / f"{next(_numbers)}.cfg"  # QSettings remembers what it read under a name
        path.write_bytes(data)
        settings = core.QSettings(str(path), core.QSettings.Format.IniFormat)
        values = {key: _plain(settings.value(key)) for key in settings.allKeys()}
        path.unlink()
        return values

    return read


def as_qt(value: Value) -> Any:
    """What `reader` makes of the same value; an opaque one is compared by its kind alone."""
    if isinstance(value, list):
        return [as_qt(element) for element in value]
    if isinstance(value, Invalid):
        return None
    return Variant if isinstance(value, Variant) else value


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(element) for element in value]
    if type(value).__name__ == "QByteArray":
        return bytes(value.data())
    return value if value is None or isinstance(value, str) else Variant

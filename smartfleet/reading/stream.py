"""The stream that `ansible-runner transmit` writes: a line of arguments, a zip in base64, a line that ends it.

Its form is ansible-runner's (2.4): ``{"kwargs": {...}}``, ``{"zipfile": SIZE}`` followed by the base64 of so many bytes
without a line's end, ``{"eof": true}``.
"""

from __future__ import annotations

import base64
import binascii
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

# a multiple of 4, so that each piece can be decoded by itself
_PIECE = 1024 * 1024
_LONGEST_LINE = 16 * 1024 * 1024


class BrokenStreamError(Exception):
    """What came is no such stream; the text says what is wrong with it."""


def receive(stream: IO[bytes], folder: Path, other: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The arguments; the files are laid into `folder`. They are the controller's own, so they are trusted. `other` gets
    the lines that mean nothing to ansible-runner.
    """
    arguments: dict[str, Any] = {}
    while True:
        line = _line(stream)
        if isinstance(line.get("kwargs"), dict):
            arguments = line["kwargs"]
        elif isinstance(line.get("zipfile"), int):
            _unpack(stream, line["zipfile"], folder)
        elif "eof" in line:
            return arguments
        else:
            other(line)


def _line(stream: IO[bytes]) -> dict[str, Any]:
    text = stream.readline(_LONGEST_LINE)
    if not text.endswith(b"\n"):
        raise BrokenStreamError("the stream ended in the middle" if len(text) < _LONGEST_LINE else "a line is too long")
    try:
        line = json.loads(text)
    except ValueError as error:
        raise BrokenStreamError("a line of the stream is no JSON") from error
    if not isinstance(line, dict):
        raise BrokenStreamError("a line of the stream is no object")
    return line


def _unpack(stream: IO[bytes], size: int, folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder) as spool:
        left = 4 * ((size + 2) // 3)
        while left:
            piece = stream.read(min(_PIECE, left))
            if not piece:
                raise BrokenStreamError("the stream ended in the middle of its files")
            left -= len(piece)
            try:
                spool.write(base64.b64decode(piece, validate=True))
            except binascii.Error as error:
                raise BrokenStreamError("the stream's files are no base64") from error
        try:
            with zipfile.ZipFile(spool) as archive:
                for info in archive.infolist():
                    _lay(archive, info, folder)
        except (zipfile.BadZipFile, EOFError) as error:
            raise BrokenStreamError("the stream's files are no zip archive") from error


def _lay(archive: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path) -> None:
    """One file or folder, with its permissions. ZipFile itself lets no name lead out of `folder`."""
    kind, permissions = info.external_attr >> 28, info.external_attr >> 16 & 0o777
    if kind == 0o12:
        raise BrokenStreamError(f"the stream holds a symbolic link: {info.filename!r}")
    if info.is_dir() and (folder / info.filename).is_dir():
        return
    laid = Path(archive.extract(info, folder))
    if permissions:
        laid.chmod(permissions)

"""WinRM's message encryption: one sealed part inside ``multipart/encrypted`` (MS-WSMV 2.2.9.1)."""

from __future__ import annotations

import re
import struct

import spnego

PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
SOAP_TYPE = "application/soap+xml;charset=UTF-8"
CONTENT_TYPE = f'multipart/encrypted;protocol="{PROTOCOL}";boundary="Encrypted Boundary"'
_MESSAGE = re.compile(
    rb"--\s*Encrypted Boundary\r\n\s*Content-Type: ([\w./-]+)\r\n\s*OriginalContent: [^\r\n]*Length=(\d{1,9})\r\n"
    rb"--\s*Encrypted Boundary\r\n\s*Content-Type: application/octet-stream\r\n(.*)--\s*Encrypted Boundary--(?:\r\n)?",
    re.DOTALL,
)
_MAX_SIGNATURE = 256


class BadSealError(Exception):
    """The message is no sealed message, or it was sealed for another connection: answered with 400."""


def is_sealed(content_type: str) -> bool:
    return content_type.startswith("multipart/encrypted")


def unseal(context: spnego.ContextProxy | None, body: bytes) -> bytes:
    """The message inside; BadSealError."""
    match = _MESSAGE.fullmatch(body)
    if context is None or match is None or match[1].decode() != PROTOCOL:
        raise BadSealError
    blob = match[3]
    length = struct.unpack("<I", blob[:4])[0] if len(blob) > 4 else 0
    if not 0 < length <= min(_MAX_SIGNATURE, len(blob) - 4):
        raise BadSealError
    try:
        message = context.unwrap_winrm(blob[4 : 4 + length], blob[4 + length :])
    except (spnego.exceptions.SpnegoError, ValueError) as error:
        raise BadSealError from error
    if len(message) != int(match[2]):
        raise BadSealError
    return message


def seal(context: spnego.ContextProxy, message: bytes) -> bytes:
    """The body of an answer of type `CONTENT_TYPE`."""
    header, data, padding = context.wrap_winrm(message)
    intro = (
        "--Encrypted Boundary\r\n"
        f"\tContent-Type: {PROTOCOL}\r\n"
        f"\tOriginalContent: type={SOAP_TYPE};Length={len(message) + padding}\r\n"
        "--Encrypted Boundary\r\n"
        "\tContent-Type: application/octet-stream\r\n"
    )
    return intro.encode() + struct.pack("<I", len(header)) + header + data + b"--Encrypted Boundary--\r\n"

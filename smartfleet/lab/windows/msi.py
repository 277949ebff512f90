"""The stand-in for an MSI: enough of a file to be fetched, checked and installed on an emulated machine."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How every MSI begins."""


@dataclass(frozen=True)
class Package:
    """What the installer brings."""

    version: str
    qt: int
    product_code: str


def write(package: Package) -> bytes:
    return MAGIC + json.dumps(asdict(package), sort_keys=True).encode() + bytes(4096)


def read(data: bytes) -> Package:
    """ValueError for what is no package of this kind."""
    if not data.startswith(MAGIC):
        raise ValueError("the file is no MSI")
    return Package(**json.loads(data[len(MAGIC) :].rstrip(b"\0")))

"""Stable stand-ins for names of people and files: an HMAC under a key that stays with the fleet. Pure.

The same name is the same pseudonym in every report of the fleet, so reports can be compared; without the key nobody
can try names until one fits.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

_LENGTH = 12
_BETWEEN = re.compile(r"([/\\]+)")
_DRIVE = re.compile(r"[A-Za-z]:")
_NO_NAMES = {"", ".", "..", "~"}
# what kind of file it is helps to mend it; any other suffix may be a name itself
_USUAL = """
7z avi bak bmp cfg conf csv db doc docm docx dot dotx eml gif gz heic htm html ics ini jpeg jpg json key kdbx log lnk
md mkv mov mp3 mp4 msg nextcloud numbers odg odp ods odt one ott pages part pdf png pot potx pps ppsx ppt pptm pptx ps
psd rar rtf svg tar tif tiff tmp txt url vcf vsd vsdx wav webm webp xls xlsb xlsm xlsx xlt xltx xml yaml yml zip
"""
_SUFFIXES = frozenset(_USUAL.split())


class Pseudonyms:
    """Of one fleet. Remembers what it made: names come again in many rows."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._made: dict[str, str] = {}

    def person(self, name: str) -> str:
        """``user-4kzr7q2mvd3a``; "" for nobody."""
        return f"user-{self._token(name)}" if name else ""

    def path(self, path: str) -> str:
        """Each part by itself, so that what lies in one folder still does; the suffix of a usual kind of file stays."""
        parts = _BETWEEN.split(path)
        last = len(parts) - 1
        return "".join(
            part if number % 2 or (number == 0 and _DRIVE.fullmatch(part)) else self._part(part, last=number == last)
            for number, part in enumerate(parts)
        )

    def _part(self, part: str, *, last: bool) -> str:
        if part in _NO_NAMES:
            return part
        suffix = part.rpartition(".")[2].lower() if last and "." in part else ""
        return f"name-{self._token(part)}{f'.{suffix}' if suffix in _SUFFIXES else ''}"

    def _token(self, name: str) -> str:
        made = self._made.get(name)
        if made is None:
            # names on a disk are bytes, and some of them no UTF-8
            digest = hmac.new(self._key, name.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
            made = self._made[name] = base64.b32encode(digest).decode("ascii").lower()[:_LENGTH]
        return made

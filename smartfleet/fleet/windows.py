"""`install.windows` of `smartfleet.yml`: where the client's installer comes from, and what it installs."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from smartfleet.fleet.base import Settings

_LOOPBACK = re.compile(r"127(\.[0-9]{1,3}){3}|localhost")
_SHARE = re.compile(r"\\\\[^\\/:*?\"<>|]+(\\[^\\/:*?\"<>|]+){2,}")
_EXAMPLES = r"https://server/Nextcloud.msi or \\server\share\Nextcloud.msi"
_VERSION = re.compile(r"[0-9]{1,5}(\.[0-9]{1,6}){1,3}")


def _source(text: str) -> str:
    """An https URL or a share, from which the host itself fetches the MSI."""
    if not text.isprintable() or text != text.strip():
        raise ValueError("the MSI's place holds no control characters, and no blanks around it")
    if text.startswith("\\"):
        if not _SHARE.fullmatch(text) or {".", ".."} & set(text.split("\\")):
            raise ValueError(f"{text!r} is no file on a share: write {_EXAMPLES}")
        name = text
    else:
        name = _path_of_url(text) if text else ".msi"
    if not name.lower().endswith(".msi"):
        raise ValueError(f"{text!r} does not end in .msi")
    return text


def _path_of_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"{text!r} is not a URL: its host or port cannot be read") from None
    if "@" in parts.netloc:
        raise ValueError("the MSI's URL holds no user name and no password: the hosts fetch it without")
    # the lab serves its installer on this machine
    scheme = "https" if _LOOPBACK.fullmatch(host) and parts.scheme.lower() == "http" else parts.scheme.lower()
    if scheme != "https" or not host or port == 0:
        raise ValueError(f"{text!r} is no https URL and no share: write {_EXAMPLES}")
    if {" ", "\\", "#"} & set(text):
        raise ValueError(f"{text!r}: write a blank in a URL as %20, and neither backslash nor #")
    return parts.path


def _sha256(text: str) -> str:
    if text and not re.fullmatch("[0-9A-Fa-f]{64}", text):
        raise ValueError("a SHA-256 has 64 hexadecimal digits (certutil -hashfile Nextcloud.msi SHA256 shows it)")
    return text.lower()


def _version(text: str) -> str:
    if text and not _VERSION.fullmatch(text):
        raise ValueError(f"{text!r} is no version: write it as 3.16.7, in quotes")
    return text


class WindowsInstallSettings(Settings):
    """What to do with the client before the account is moved; never a downgrade.

    `version` is what the MSI, or winget, installs: a host that has it, or a newer one, is left as it is.
    """

    msi: Annotated[str, AfterValidator(_source)] = ""
    sha256: Annotated[str, AfterValidator(_sha256)] = ""
    version: Annotated[str, AfterValidator(_version)] = ""
    skip_auto_update: bool | None = None
    winget: str = Field("", pattern=r"^[A-Za-z0-9][A-Za-z0-9.+_-]*$|^$")
    state: Literal["keep", "present", "latest"] = "keep"

    @model_validator(mode="after")
    def _fits_together(self) -> WindowsInstallSettings:
        if self.msi and self.winget:
            raise ValueError("msi and winget are two ways to the same client: name one of them")
        if self.msi and not (self.sha256 and self.version):
            lacking = "sha256" if not self.sha256 else "version"
            raise ValueError(f"msi needs its {lacking} beside it: nothing is installed that is not known")
        if self.winget and (self.sha256 or self.skip_auto_update is not None):
            raise ValueError("sha256 and skip_auto_update belong to msi: winget knows its packages itself")
        if self.state != "keep" and not (self.msi or self.winget):
            raise ValueError(f"state {self.state} needs msi or winget: what shall be installed")
        if self.state == "latest" and not self.version and self.winget:
            raise ValueError("state latest needs version: the one to install, so that all hosts get the same")
        return self

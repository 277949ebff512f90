r"""The client as Windows Installer registers it (admin/win/msi/Nextcloud.wxs)."""

from __future__ import annotations

import secrets

from smartfleet.lab.windows.registry import Registry

UPGRADE_CODE = "{FD2FCCA9-BB8F-4485-8F70-A0621B84A7F4}"
UNINSTALL = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
UPGRADES = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UpgradeCodes"
VENDOR = r"HKLM\SOFTWARE\WOW6432Node\Nextcloud GmbH\Nextcloud"
SETTINGS = r"HKLM\SOFTWARE\Nextcloud GmbH\Nextcloud"
FOLDER = r"C:\Program Files\Nextcloud"
EXE = FOLDER + r"\nextcloud.exe"


def new_product_code() -> str:
    """Each build of the installer has another one."""
    return "{" + "-".join(secrets.token_hex(size).upper() for size in (4, 2, 2, 2, 6)) + "}"


def packed(code: str) -> str:
    """A code in braces as Windows Installer spells it in the registry: the digits of each part backwards."""
    digits = code.strip("{}").replace("-", "")
    return "".join(digits[end - size : end][::-1] for end, size in _packing())


def unpacked(text: str) -> str:
    """The code in braces that `packed` makes this of."""
    digits = packed(text)
    return "{" + "-".join(digits[begin:end] for begin, end in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))) + "}"


def _packing() -> list[tuple[int, int]]:
    """End and length of each run of digits that is turned around."""
    sizes = [8, 4, 4, *[2] * 8]
    return [(sum(sizes[: number + 1]), size) for number, size in enumerate(sizes)]


def product(registry: Registry) -> tuple[str, str] | None:
    """Product code and version of the installed client."""
    for code in map(unpacked, registry.values(rf"{UPGRADES}\{packed(UPGRADE_CODE)}")):
        version = registry.value(rf"{UNINSTALL}\{code}", "DisplayVersion")
        if version:
            return code, str(version)
    return None


def register(registry: Registry, *, version: str, code: str) -> None:
    """The entries of an installation, in the place of those of an older one."""
    old = product(registry)
    if old:
        registry.delete(rf"{UNINSTALL}\{old[0]}")
        registry.delete(rf"{UPGRADES}\{packed(UPGRADE_CODE)}")
    key = rf"{UNINSTALL}\{code}"
    texts = {"DisplayName": "Nextcloud", "DisplayVersion": version, "Publisher": "Nextcloud GmbH"}
    for name, text in {**texts, "InstallLocation": FOLDER + "\\"}.items():
        registry.put(key, name, text)
    registry.put(key, "WindowsInstaller", 1, "REG_DWORD")
    registry.put(rf"{UPGRADES}\{packed(UPGRADE_CODE)}", packed(code), "")
    registry.put(VENDOR, "", FOLDER)
    registry.put(VENDOR, "InstallerProductCode", code)
    for name, number in zip(("VersionMajor", "VersionMinor", "VersionRevision"), version.split("."), strict=False):
        registry.put(VENDOR, name, number)

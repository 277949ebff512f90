"""The accounts and folders that a `nextcloud.cfg` holds.

Facts about the client (accountmanager.cpp, folder.cpp, folderman.cpp, webflowcredentials.cpp): groups are flattened
into ``[Accounts]``; an account without ``url`` is skipped as corrupt; the ``authType`` http is read as webflow, its
``http_*`` keys as ``webflow_*``; folders lie in three sibling groups.

Shared with managed hosts: Python 3.9, standard library only.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .inivalues import Variant, decode_value
from .qsettings import Entry, IniFile

if TYPE_CHECKING:
    from .inivalues import Value

FOLDER_GROUPS = ("Folders", "Multifolders", "FoldersWithPlaceholders")
ACCOUNTS = "Accounts"
_QURL = 17  # QMetaType::QUrl in a QDataStream
_TRUE = frozenset({"true", "1"})
_PLAIN_SECRET = re.compile(
    r"pass(word|wd|phrase)?$|clientCertBundle|clientKey|private|mnemonic|secret$|token$", re.IGNORECASE
)


@dataclass(frozen=True)
class Folder:
    """One sync connection. `local_path` is what the client opens on the disk; `alias` is decoded."""

    account: str
    group: str
    alias: str
    local_path: bytes
    target_path: str
    journal_path: str
    paused: bool
    ignore_hidden: bool
    virtual_files: str
    version: int

    def key(self, name: str) -> str:
        """The decoded key, below ``Accounts/``, of one of this folder's values."""
        return f"{self.account}/{self.group}/{self.alias}/{name}"


@dataclass(frozen=True)
class Account:
    """One numbered account. `url` is as the file has it; `login` names the keyring entry, `user` the DAV path.

    `e2ee` and `client_cert` tell what the file shows; older clients keep the signs of both in the keyring alone.
    `proxy_user` is set only where the account's own proxy wants a password.
    """

    number: str
    url: str
    user: str
    login: str
    auth_type: str
    display_name: str
    version: int
    e2ee: bool
    client_cert: bool
    proxy_user: str
    proxy_host: str
    folders: list[Folder]


def read_accounts(ini: IniFile, qt: int | None = None) -> list[Account]:
    """The accounts that have a URL, by number; `qt` is the generation of the client that reads the file."""
    values = _account_values(ini, qt)
    return [_account(number, values[number]) for number in sorted(values, key=_natural) if _url(values[number])]


def client_version(ini: IniFile) -> str:
    """The version that last started with this file, as written: ``3.16.7-1~deb13u1 (Debian built)``; "" without one."""
    return _text(decode_value(ini.raw_at("clientVersion") or b""))


def group_version(ini: IniFile) -> int:
    """The version of the whole ``[Accounts]`` group; 0 where the file names none."""
    return _number(decode_value(ini.raw_at(f"{ACCOUNTS}/version") or b""))


def proxy_password_keys(ini: IniFile) -> list[tuple[str, str]]:
    """Section and key of every value that is a secret in plain text, as older clients wrote them."""
    return [_spelled(path) for path in dict.fromkeys(entry.path for entry in plain_secrets(ini))]


def plain_secrets(ini: IniFile) -> list[Entry]:
    """The places of those secrets in the file: of equal keys all, though one alone counts for the client."""
    return [
        entry
        for entry in ini.entries
        if _PLAIN_SECRET.search(entry.path.rpartition("/")[2])
        and ini.data[entry.value : entry.end] not in (b"", b"@Invalid()")
    ]


def _spelled(path: str) -> tuple[str, str]:
    group, slash, key = path.partition("/")
    return (group, key.replace("/", "\\")) if slash else ("General", group)


class _Values:
    """Values by decoded key. Each is decoded when it is asked for: a file holds three times as many as count here."""

    def __init__(self, qt: int | None) -> None:
        self.raw: dict[str, bytes] = {}
        self.qt = qt

    def get(self, key: str) -> Value | None:
        raw = self.raw.get(key)
        return None if raw is None else decode_value(raw, self.qt)


def _account_values(ini: IniFile, qt: int | None) -> dict[str, _Values]:
    """Number to the account's values, keys without the number."""
    values: defaultdict[str, _Values] = defaultdict(lambda: _Values(qt))
    prefix = f"{ACCOUNTS}/"
    for path, entry in ini.index.items():
        if path.startswith(prefix):
            number, slash, key = path[len(prefix) :].partition("/")
            if slash:
                values[number].raw[key] = ini.data[entry.value : entry.end]
    return values


def _account(number: str, values: _Values) -> Account:
    legacy = _text(values.get("user"))
    login = _login(values) or legacy or _text(values.get("dav_user"))
    return Account(
        number=number,
        url=_url(values),
        user=_text(values.get("dav_user")) or legacy or login,
        login=login,
        auth_type=_text(values.get("authType")),
        display_name=_text(values.get("displayName")),
        version=_number(values.get("version")),
        e2ee=_filled(values.get("encryptionCertificateSha256Fingerprint")),
        client_cert=any("_clientCert" in key and _filled(values.get(key)) for key in values.raw),
        proxy_user=_text(values.get("networkProxyUser")) if _true(values.get("networkProxyNeedsAuth")) else "",
        proxy_host=_text(values.get("networkProxyHostName")),
        folders=_folders(number, values),
    )


def _login(values: _Values) -> str:
    # an account of type http is read as webflow: its http_user stands in where there is no webflow_user
    return _text(values.get("webflow_user")) or _text(values.get("http_user"))


def _folders(number: str, values: _Values) -> list[Folder]:
    found: defaultdict[tuple[str, str], _Values] = defaultdict(lambda: _Values(values.qt))
    for key, raw in values.raw.items():
        group, below, rest = key.partition("/")
        if below and group in FOLDER_GROUPS:
            alias, slash, name = rest.rpartition("/")
            if slash:
                found[group, alias].raw[name] = raw
    order = sorted(found, key=lambda place: (FOLDER_GROUPS.index(place[0]), _natural(place[1])))
    return [_folder(number, place, found[place]) for place in order if "localPath" in found[place].raw]


def _folder(number: str, place: tuple[str, str], values: _Values) -> Folder:
    group, alias = place
    return Folder(
        account=number,
        group=group,
        alias=alias,
        local_path=_text(values.get("localPath")).encode("utf-8"),
        target_path=_text(values.get("targetPath")),
        journal_path=_text(values.get("journalPath")),
        paused=_true(values.get("paused")),
        ignore_hidden=_true(values.get("ignoreHiddenFiles")) if "ignoreHiddenFiles" in values.raw else True,
        virtual_files=_virtual_files(values),
        version=_number(values.get("version")),
    )


def _virtual_files(values: _Values) -> str:
    named = _text(values.get("virtualFilesMode"))
    return named or ("suffix" if _true(values.get("usePlaceholders")) else "off")


def _url(values: _Values) -> str:
    value = values.get("url")
    return _url_of_variant(value) if isinstance(value, Variant) else _text(value)


def _url_of_variant(value: Variant) -> str:
    """A QUrl in a QDataStream: type and length, four bytes each, big endian, then the URL in percent-encoded ASCII."""
    kind, length = int.from_bytes(value.data[:4], "big"), int.from_bytes(value.data[4:8], "big")
    text = value.data[8 : 8 + length]
    return text.decode("latin-1") if kind == _QURL and len(text) == length else ""


def _text(value: Value | None) -> str:
    """As QVariant::toString: a list or an opaque value is no text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def _true(value: Value | None) -> bool:
    return _text(value).lower() in _TRUE


def _number(value: Value | None) -> int:
    text = _text(value).strip()
    # the client's int is 32 bits wide; digits beyond that are no version
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else 0


def _filled(value: Value | None) -> bool:
    return bool(value) if isinstance(value, (str, bytes)) else isinstance(value, (list, Variant))


def _natural(text: str) -> tuple[int, int, str]:
    return (0, int(text), text) if re.fullmatch(r"[0-9]{1,18}", text) else (1, 0, text)

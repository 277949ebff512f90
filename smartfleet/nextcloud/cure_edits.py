"""What cures change in a `nextcloud.cfg`: accounts leave it, folders get another place, journals are named."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from smartfleet.model.plan import Edit
from smartfleet.nextcloud.accounts import ACCOUNTS
from smartfleet.nextcloud.edits import FolderPlace, applied, spelled
from smartfleet.nextcloud.qsettings import IniFile, encode_string

# an account of a client has some thirty values and five for each folder; each change reads the file anew
_MOST_CHANGES = 500


@dataclass(frozen=True)
class NewPlace:
    """Where a folder goes: `local_path` is a raw value of the file, `journal` a name."""

    local_path: bytes
    journal: str


@dataclass(frozen=True)
class CuredConfig:
    """The new bytes, and each value that differs."""

    data: bytes
    edits: list[Edit]


def cure_edits(
    ini: IniFile,
    qt: int,
    *,
    drop: Collection[str] = (),
    places: Mapping[FolderPlace, NewPlace] | None = None,
    journals: Mapping[FolderPlace, str] | None = None,
) -> CuredConfig:
    """Take the accounts `drop` out, give folders their `places`, and name the `journals` of others.

    ValueError if the file holds a value to change that is no text, or more values than any client writes.
    """
    changes = [*_places(places or {}, qt), *_journals(journals or {}, qt), *_dropped(ini, drop)]
    ini, edits = applied(ini, changes, _MOST_CHANGES)
    return CuredConfig(ini.to_bytes(), edits)


def raw_local_path(path: str, qt: int, *, windows: bool) -> bytes:
    """A folder's path as the client writes it: with slashes, and one at its end."""
    plain = path.replace("\\", "/") if windows else path
    return encode_string(plain.rstrip("/") + "/", qt)


def _places(places: Mapping[FolderPlace, NewPlace], qt: int) -> Iterator[tuple[str, bytes]]:
    """The journal before the folder."""
    for folder, place in places.items():
        yield spelled(_key(folder, "journalPath")), encode_string(place.journal, qt)
        yield spelled(_key(folder, "localPath")), place.local_path


def _journals(journals: Mapping[FolderPlace, str], qt: int) -> Iterator[tuple[str, bytes]]:
    for folder, name in journals.items():
        yield spelled(_key(folder, "journalPath")), encode_string(name, qt)


def _dropped(ini: IniFile, drop: Collection[str]) -> Iterator[tuple[str, None]]:
    prefix = f"{ACCOUNTS}/"
    for path in ini.paths():
        number, slash, _rest = path.removeprefix(prefix).partition("/")
        if path.startswith(prefix) and slash and number in drop:
            yield spelled(path.removeprefix(prefix)), None


def _key(folder: FolderPlace, name: str) -> str:
    return "/".join((*folder, name))

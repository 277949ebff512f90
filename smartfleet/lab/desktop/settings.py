"""The client's configuration: read when it starts, held in memory, written when it quits."""

from __future__ import annotations

from pathlib import Path

from smartfleet.nextcloud.accounts import Account, read_accounts
from smartfleet.nextcloud.qsettings import encode_string, scan

FILE_NAME = "nextcloud.cfg"


class Settings:
    """`nextcloud.cfg` in `folder`. What others write into the file while the client runs is lost when it quits."""

    def __init__(self, folder: Path, version: str, qt: int) -> None:
        self.folder = folder
        self._file = folder / FILE_NAME
        self._qt = qt
        data = self._file.read_bytes() if self._file.is_file() else b""
        ini = scan(data)
        # on a format error Qt shows no account, and the client overwrites the file
        self._ini = scan(b"") if ini.problems else ini
        self._set("General", "clientVersion", version)

    @property
    def accounts(self) -> list[Account]:
        return read_accounts(self._ini, self._qt)

    def note_server(self, number: str, display_name: str, version: str) -> None:
        """Remembers what the server said, as the client does each time it connects."""
        self._set("Accounts", f"{number}\\displayName", display_name)
        self._set("Accounts", f"{number}\\serverVersion", version)

    def save(self) -> None:
        """Writes the file anew and renames it over the old one, as QSettings does."""
        partial = self._file.with_name(f"{FILE_NAME}.new")
        mode = self._file.stat().st_mode & 0o777 if self._file.exists() else 0o644
        partial.write_bytes(self._ini.to_bytes())
        partial.chmod(mode)
        partial.replace(self._file)

    def _set(self, section: str, key: str, value: str) -> None:
        self._ini = self._ini.with_raw(section, key, encode_string(value, self._qt))

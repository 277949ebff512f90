"""Connection settings that hosts get from Ansible itself: its settings file, found as Ansible does, and environment.

Only those that lead to a host: a jump host may stand in ansible.cfg as well as in the inventory.
"""

from __future__ import annotations

import configparser
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple


class _Setting(NamedTuple):
    """A host's variable, the environment's name of the setting, and its place in the file."""

    variable: str
    environment: str
    section: str
    key: str


_SETTINGS = (
    _Setting("ansible_ssh_args", "ANSIBLE_SSH_ARGS", "ssh_connection", "ssh_args"),
    _Setting("ansible_ssh_common_args", "ANSIBLE_SSH_COMMON_ARGS", "ssh_connection", "ssh_common_args"),
    _Setting("ansible_ssh_extra_args", "ANSIBLE_SSH_EXTRA_ARGS", "ssh_connection", "ssh_extra_args"),
    _Setting("ansible_ssh_executable", "ANSIBLE_SSH_EXECUTABLE", "ssh_connection", "ssh_executable"),
    _Setting("ansible_port", "ANSIBLE_REMOTE_PORT", "defaults", "remote_port"),
)


def connection_defaults(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Variables of hosts that have none of their own. `folder` is where Ansible is started."""
    written = _read(_settings_file(folder, environment))
    found = {}
    for setting in _SETTINGS:
        value = environment.get(setting.environment) or written.get((setting.section, setting.key), "")
        if value:
            found[setting.variable] = value
    return found


def _settings_file(folder: Path, environment: Mapping[str, str]) -> Path | None:
    return next((path for path in _places(folder, environment) if path.is_file()), None)


def _places(folder: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """In Ansible's order. It takes no file from a folder into which everybody may write."""
    named = environment.get("ANSIBLE_CONFIG", "")
    if named:
        path = folder / Path(named).expanduser()
        yield path / "ansible.cfg" if path.is_dir() else path
    if not folder.stat().st_mode & stat.S_IWOTH:
        yield folder / "ansible.cfg"
    yield Path("~/.ansible.cfg").expanduser()
    yield Path("/etc/ansible/ansible.cfg")


def _read(path: Path | None) -> dict[tuple[str, str], str]:
    """A file that Ansible could not read either ends its run with its own words."""
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";",), strict=False)
    try:
        parser.read([path] if path else [], encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError, OSError):
        return {}
    return {(section, key): value.strip("\"'") for section in parser.sections() for key, value in parser.items(section)}

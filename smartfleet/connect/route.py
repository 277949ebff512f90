"""How ssh would reach a host: Ansible's variables over ssh options over the user's ssh configuration. Pure.

Ansible hands ansible_port, ansible_user and the key file to ssh as options before ansible_ssh_common_args and
ansible_ssh_extra_args; ssh keeps the first value of each option, and the configuration file comes last.
"""

from __future__ import annotations

import getpass
import os
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from smartfleet.connect.target import Settings, Target, flag_var, password, text_var

KNOWN_HOSTS = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2", "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
DEFAULT_KEYS = ("~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519")
_SHORT = {"-J": "proxyjump", "-i": "identityfile", "-p": "port", "-l": "user", "-F": "configfile"}


@dataclass(frozen=True)
class Route:
    """Where the connection goes and what it presents."""

    address: str
    port: int
    user: str
    keys: tuple[Path, ...]
    keys_named: bool
    agent: bool
    password: str = field(repr=False)
    known_hosts: tuple[Path, ...]
    host_key_name: str
    checking: str
    proxy: str
    # named with -F: then ssh reads no other configuration
    config: Path | None = None

    @property
    def known_as(self) -> str:
        """The name as it stands in known_hosts."""
        return self.host_key_name if self.port == 22 else f"[{self.host_key_name}]:{self.port}"


def ssh_options(arguments: str) -> Iterator[tuple[str, str]]:
    """Options of an ssh command line, names in lower case. ValueError when the quotes do not close."""
    words = iter(shlex.split(arguments))
    for word in words:
        if word[:2] == "-o":
            pair = word[2:] or next(words, "")
            name, _, value = pair.partition("=") if "=" in pair else pair.strip().partition(" ")
            yield name.strip().lower(), value.strip().strip('"')
        elif word[:2] in _SHORT:
            yield _SHORT[word[:2]], word[2:] or next(words, "")


def resolve(target: Target, settings: Settings) -> Route:
    """The route to `target`. ValueError when an option cannot be read."""
    given = list(ssh_options(text_var(target, "ansible_ssh_args")))
    port = target.port or 0
    given += [("port", str(port))] if port else []
    given += [("user", target.user)] if target.user else []
    key = text_var(target, "ansible_ssh_private_key_file", "ansible_private_key_file")
    given += [("identityfile", key)] if key else []
    given += ssh_options(text_var(target, "ansible_ssh_common_args"))
    given += ssh_options(text_var(target, "ansible_ssh_extra_args"))
    named = _first(given, "configfile")
    config = Path(named).expanduser() if named else None
    return replace(_route(target, [*given, *_configured(config or settings.ssh_config, target.address)]), config=config)


def _route(target: Target, options: list[tuple[str, str]]) -> Route:
    address = _first(options, "hostname") or target.address
    user = _first(options, "user") or getpass.getuser()
    port = int(_first(options, "port") or 22)
    named = [value for name, value in options if name == "identityfile"]
    checks = flag_var(target, "ansible_host_key_checking", "ansible_ssh_host_key_checking")
    known = _first(options, "userknownhostsfile")
    files = [*shlex.split(known), *KNOWN_HOSTS[2:]] if known else list(KNOWN_HOSTS)
    jump = _first(options, "proxyjump")
    command = _first(options, "proxycommand")
    proxy = _jump_command(jump) if jump and jump.lower() != "none" else command if command.lower() != "none" else ""
    return Route(
        address=address,
        port=port,
        user=user,
        keys=_paths(named or DEFAULT_KEYS),
        keys_named=bool(named),
        agent=_first(options, "identitiesonly").lower() != "yes",
        password=password(target, "ansible_ssh_pass", "ansible_ssh_password", "ansible_password"),
        known_hosts=_paths(files),
        host_key_name=_first(options, "hostkeyalias") or address,
        checking="no" if checks is False else (_first(options, "stricthostkeychecking") or "ask").lower(),
        proxy=proxy.replace("%h", address).replace("%p", str(port)).replace("%r", user),
    )


def _jump_command(jumps: str) -> str:
    """What ssh itself starts for ProxyJump: a connection to the last jump, by way of those before it."""
    *before, last = jumps.split(",")
    host, _, port = last.rpartition(":") if last.count(":") == 1 else (last, "", "")
    words = ["ssh", "-o", "BatchMode=yes", *(["-J", ",".join(before)] if before else [])]
    words += [*(["-p", port] if port else []), "-W", "[%h]:%p", host or last]
    return shlex.join(words)


def _configured(path: Path, address: str) -> list[tuple[str, str]]:
    """What the ssh configuration says of `address`; nothing where there is none."""
    if not path.is_file() or not os.access(path, os.R_OK):
        return []
    from smartfleet.connect.ssh_config import configured  # noqa: PLC0415 - brings paramiko, which takes a while

    return configured(path, address)


def _first(options: list[tuple[str, str]], name: str) -> str:
    return next((value for key, value in options if key == name), "")


def _paths(names: Iterable[str]) -> tuple[Path, ...]:
    return tuple(Path(name).expanduser() for name in dict.fromkeys(names))

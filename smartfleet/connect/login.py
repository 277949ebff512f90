"""Authentication with the keys that ssh itself would present, in its order."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paramiko
from paramiko.pkey import UnknownKeyType

from smartfleet.connect.ladder import Answer, Stop, failed
from smartfleet.connect.route import Route
from smartfleet.connect.transport import Transport
from smartfleet.text import visible


@dataclass
class Tried:
    """What was presented, and what could not be."""

    refused: list[str] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)
    locked: list[Path] = field(default_factory=list)
    exposed: list[Path] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def log_in(transport: Transport, route: Route) -> Answer:
    """Leaves `transport` logged in. Stop with the cause otherwise."""
    tried = Tried()
    try:
        offered = _offered(transport, route.user)
        if not offered:
            return Answer(message=f"{visible(route.user)}, without authentication")
        for name, key in _keys(route, tried) if "publickey" in offered else ():
            if _accepted(transport, route.user, key):
                return Answer(message=f"{visible(route.user)}, {name}")
            tried.refused.append(name)
        if route.password and "password" in offered:
            if not _password(transport, route):
                return Answer(message=f"{visible(route.user)}, password")
            tried.refused.append("the password")
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise Stop(_hung_up(route, tried, error)) from error
    raise Stop(_cause(route, offered, tried))


def _offered(transport: Transport, user: str) -> list[str]:
    try:
        transport.auth_none(user)
    except paramiko.BadAuthenticationType as answer:
        return list(answer.allowed_types)
    return []


def _accepted(transport: Transport, user: str, key: paramiko.PKey) -> bool:
    try:
        return not transport.auth_publickey(user, key)
    except paramiko.AuthenticationException:
        if not transport.is_active():
            raise
        return False


def _password(transport: Transport, route: Route) -> bool:
    """Whether the password was refused."""
    try:
        return bool(transport.auth_password(route.user, route.password, fallback=False))
    except paramiko.AuthenticationException:
        return True


def _keys(route: Route, tried: Tried) -> Iterator[tuple[str, paramiko.PKey]]:
    """Keys of the agent, then files, as ssh does when IdentitiesOnly is off."""
    if route.agent:
        agent = paramiko.Agent()
        try:
            for key in agent.get_keys():
                yield f"agent key {visible(key.comment or '')}".strip(), key
        finally:
            agent.close()
    for path in route.keys:
        found = _load(path, tried, named=route.keys_named)
        if found:
            yield f"key {path}", found


def _load(path: Path, tried: Tried, *, named: bool) -> paramiko.PKey | None:
    try:
        mode = path.stat().st_mode
    except OSError:
        if named:
            tried.missing.append(path)
        return None
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        tried.exposed.append(path)
        return None
    try:
        return paramiko.PKey.from_path(path)
    except (paramiko.PasswordRequiredException, TypeError):
        tried.locked.append(path)
    except (paramiko.SSHException, UnknownKeyType, ValueError, OSError) as error:
        tried.broken.append(f"{path}: {error}")
    return None


def _hung_up(route: Route, tried: Tried, error: Exception) -> Answer:
    many = "too many" in str(error).lower() or len(tried.refused) >= 4
    if many:
        return failed(
            "connect/auth-too-many",
            f"the server hung up after {len(tried.refused) + 1} keys (too many authentication failures)",
            why="ssh offers every key of the agent first, and the server counts each as a failed login",
            do="name one key: ansible_ssh_private_key_file, with -o IdentitiesOnly=yes in ansible_ssh_common_args",
        )
    return failed(
        "connect/auth-dropped",
        f"the server ended the connection during the login of {visible(route.user)}: {visible(str(error))}",
        why="without a login nothing can be done on the host",
        do=f"ssh -v -p {route.port} {shlex.quote(f'{route.user}@{route.address}')}   # and read the host's auth log",
    )


def _cause(route: Route, offered: list[str], tried: Tried) -> Answer:
    why = "without a login nothing can be done on the host"
    methods = ", ".join(visible(name) for name in offered)
    if tried.refused or "publickey" not in offered:
        shown = ", ".join(tried.refused) or "nothing that it accepts"
        return failed(
            "connect/auth-refused",
            f"{visible(route.user)} is not let in; presented: {shown}; the server accepts: {methods}",
            why=why,
            do=f"ssh-copy-id -p {route.port} {shlex.quote(f'{route.user}@{route.address}')}"
            if "publickey" in offered
            else "the server takes no keys: set ansible_password from a vault, or allow PubkeyAuthentication there",
        )
    if tried.missing:
        return failed(
            "connect/auth-key-missing",
            f"there is no key file {tried.missing[0]}",
            why=why,
            do="correct ansible_ssh_private_key_file (or IdentityFile in the ssh configuration)",
        )
    if tried.exposed:
        return failed(
            "connect/auth-key-exposed",
            f"others on this machine can read {tried.exposed[0]}; ssh does not use such a key",
            why=why,
            do=f"chmod 600 {shlex.quote(str(tried.exposed[0]))}",
        )
    if tried.locked:
        return failed(
            "connect/auth-passphrase",
            f"{tried.locked[0]} needs its passphrase, and no agent holds the key",
            why="nobody can type it for each host",
            do=f'eval "$(ssh-agent)"; ssh-add {shlex.quote(str(tried.locked[0]))}',
        )
    if tried.broken:
        return failed(
            "connect/auth-key-broken",
            f"the key cannot be read: {visible(tried.broken[0])}",
            why=why,
            do="make a new one: ssh-keygen -t ed25519",
        )
    return failed(
        "connect/auth-no-key",
        f"there is no key to present; the server accepts: {methods}",
        why=why,
        do=f"ssh-keygen -t ed25519; ssh-copy-id -p {route.port} {shlex.quote(f'{route.user}@{route.address}')}",
    )

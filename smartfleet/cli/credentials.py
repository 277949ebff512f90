"""`verify --credentials`: app passwords that the admin gives, and the questions to the server that they allow.

The passwords stay in this process's memory: they reach no host, no store and no output.
"""

from __future__ import annotations

import os
import ssl
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx
import yaml

from smartfleet.assess import assess
from smartfleet.engines.programs import search_path
from smartfleet.errors import ServerError, UsageError
from smartfleet.fleet import Fleet
from smartfleet.model.assessment import AccountAssessment
from smartfleet.model.facts import HostFacts
from smartfleet.model.results import Comparison, Difference, FolderCheck
from smartfleet.nextcloud.server import first_level_etags
from smartfleet.nextcloud.urls import same_server
from smartfleet.text import visible

_VAULT = b"$ANSIBLE_VAULT;"
_SECONDS = 30.0
_EXAMPLES = 20
_LARGEST = 10_000_000

Ask = Callable[[str, AccountAssessment, str, str], dict[str, str]]


def load_credentials(path: Path) -> dict[str, str]:
    """Login names to app passwords. Raises UsageError; no message quotes the file."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_LARGEST)
    except OSError as error:
        raise UsageError("credentials/unreadable", f"{path} cannot be read: {error.strerror}") from error
    if data.startswith(_VAULT):
        data = _decrypt(path)
    elif mode & 0o077:
        raise UsageError(
            "credentials/open-to-others",
            f"{path} holds passwords and others on this machine may read it",
            do=f"chmod 600 {path}, or encrypt it: ansible-vault encrypt {path}",
        )
    return _parse(path, data)


def _parse(path: Path, data: bytes) -> dict[str, str]:
    try:
        document = yaml.safe_load(data)
    except (yaml.YAMLError, UnicodeDecodeError):
        document = None
    if not isinstance(document, dict) or not all(
        isinstance(key, str) and isinstance(value, str) for key, value in document.items()
    ):
        raise UsageError(
            "credentials/format",
            f"{path} is not a YAML mapping of login names to app passwords",
            do="write a line for each: anna: 'xxxxx-xxxxx-xxxxx-xxxxx-xxxxx' (numbers in quotes)",
        )
    return document


def _decrypt(path: Path) -> bytes:
    """The vault's password comes from ANSIBLE_VAULT_PASSWORD_FILE or from a prompt."""
    command = ["ansible-vault", "view", str(path.absolute())]
    if not os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE"):
        command.append("--ask-vault-pass")
    environment = os.environ | {"PATH": search_path(os.environ)}
    done = subprocess.run(command, check=False, capture_output=True, env=environment)
    if done.returncode != 0:
        reason = visible(done.stderr.decode(errors="replace").strip().rpartition("\n")[2])
        raise UsageError(
            "credentials/vault",
            f"{path} cannot be decrypted: {reason}",
            do="set ANSIBLE_VAULT_PASSWORD_FILE, or run it in a terminal and type the vault's password",
        )
    return done.stdout


def completer(
    fleet: Fleet, facts: Mapping[str, tuple[float, HostFacts]], credentials: Mapping[str, str]
) -> Callable[[str, FolderCheck], FolderCheck]:
    """Adds what the server says to a host's check of a folder."""
    accounts = {
        (host, profile.user, profile.config_path, account.number): account
        for host, (taken, seen) in facts.items()
        for profile in assess(host, taken, seen, fleet.config).profiles
        for account in profile.accounts
    }

    servers = [fleet.config.servers.new, *fleet.config.servers.old]

    def complete(host: str, check: FolderCheck) -> FolderCheck:
        account = accounts.get((host, check.user, check.config_path, check.account))
        return check.model_copy(update={"server": compare(check, account, credentials, servers, ask_server)})

    return complete


def ask_server(server: str, account: AccountAssessment, target_path: str, password: str) -> dict[str, str]:
    with httpx.Client(verify=ssl.create_default_context(), timeout=_SECONDS) as client:
        return first_level_etags(client, server, account.user, target_path, (account.login, password))


def compare(
    check: FolderCheck,
    account: AccountAssessment | None,
    credentials: Mapping[str, str],
    servers: Sequence[str],
    ask: Ask,
) -> Comparison:
    """The journal's etags of the first level with the server's; a folder's etag stands for all below it.

    `servers` are the fleet's own: a URL comes from the host, and a password must not go wherever a host says.
    """
    if account is None:
        return Comparison(done=False, reason="the account was not seen by an audit")
    server = next((url for url in servers if same_server(url, check.url)), None)
    if server is None:
        return Comparison(done=False, reason="the account is on none of the fleet's servers")
    targets = [folder.target_path for folder in account.folders if folder.alias == check.alias]
    password = credentials.get(account.login)
    if password is None or not targets:
        return Comparison(done=False, reason=f"the credentials hold nothing for {visible(account.login)}")
    if not check.etags:
        return Comparison(done=False, reason="the journal names no etags")
    try:
        etags = ask(server, account, targets[0], password)
    except ServerError as error:
        return Comparison(done=False, reason=error.message)
    return differences(check.etags, etags)


def differences(journal: Mapping[str, str], server: Mapping[str, str]) -> Comparison:
    """What differs is on its way: the server holds something that the client has not synced yet, or the reverse."""
    names = sorted({*journal, *server})
    different = [name for name in names if journal.get(name) != server.get(name)]
    examples = [
        Difference(path=visible(name), kind="server", detail=_detail(name, journal, server)) for name in different
    ]
    return Comparison(
        done=True, same=len(names) - len(different), unproven=len(different), examples=examples[:_EXAMPLES]
    )


def _detail(name: str, journal: Mapping[str, str], server: Mapping[str, str]) -> str:
    if name not in server:
        return "the server does not have it any more"
    return "the server has another version" if name in journal else "only the server has it"

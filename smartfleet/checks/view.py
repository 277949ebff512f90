"""A profile's facts read the way the client would read them: its accounts, and which server each is on."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from smartfleet.model.assessment import AccountState, ProfileState
from smartfleet.model.facts import FolderFacts, HostFacts, InstalledClient, ProfileFacts, Transaction
from smartfleet.model.plan import OnMissingSession, Strategy
from smartfleet.nextcloud import accounts, qsettings, versions
from smartfleet.nextcloud.urls import same_server
from smartfleet.text import visible

# how a configuration's place tells which installation wrote it; everything else is the system's own client
_KIND_OF_CLIENT = {"flatpak": "flatpak", "snap": "snap"}
_SEPARATE = set(_KIND_OF_CLIENT.values())


@dataclass(frozen=True)
class Aim:
    """Where the accounts shall go, and how.

    `installs`: whether a missing client will be installed; `digests`: whether file contents are noted down before.
    """

    old: tuple[str, ...]
    new: str
    strategy: Strategy = "move"
    on_missing_session: OnMissingSession = "defer"
    instance_id: str = ""
    installs: bool = False
    digests: bool = False

    def state(self, url: str) -> AccountState:
        """On which of the servers an account with this URL is."""
        if same_server(url, self.new):
            return "new"
        return "old" if any(same_server(url, old) for old in self.old) else "foreign"


@dataclass(frozen=True)
class AccountView:
    """One account of the configuration and the facts of its folders."""

    account: accounts.Account
    state: AccountState
    folders: tuple[FolderFacts, ...]

    @property
    def number(self) -> str:
        return self.account.number

    @property
    def person(self) -> str:
        """Who it is on the server, for comparison: accounts of one server with the same person are the same account.

        Servers compare user ids without case.
        """
        return (self.account.user or self.account.login).casefold()

    @property
    def label(self) -> str:
        """The account for people: ``eva@https://cloud.example.org``."""
        return visible(f"{self.account.login or self.account.user}@{self.account.url}")


@dataclass(frozen=True)
class ProfileView:
    """What the client would find in the configuration.

    `data`: its bytes; `unread`: why there are no accounts to look at, if so; `without_url`: numbers of accounts that
    the client skips as corrupt; `complete`: whether the file ends as every file of the client does.
    """

    facts: ProfileFacts
    os: str
    client: InstalledClient | None
    data: bytes
    accounts: tuple[AccountView, ...] = ()
    client_version: str = ""
    settings_version: int = 0
    without_url: tuple[str, ...] = ()
    complete: bool = True
    unread: str = ""

    def on(self, state: AccountState) -> tuple[AccountView, ...]:
        return tuple(account for account in self.accounts if account.state == state)

    @property
    def state(self) -> ProfileState:
        if self.unread:
            return "unreadable"
        old, new = bool(self.on("old")), bool(self.on("new"))
        if old and new:
            return "both"
        if old or new:
            return "old" if old else "new"
        return "foreign" if self.accounts else "neither"

    @property
    def open_move(self) -> Transaction | None:
        """The move that began on this host and did not end; the last one, should there be several."""
        found = [one for one in self.facts.transactions if one.state == "open"]
        return max(found, key=lambda one: one.started, default=None)

    @property
    def secrets(self) -> list[str] | None:
        """The names in the user's keyring; None where they cannot be seen now."""
        session = self.facts.session
        return session.secrets if session.state == "active" and session.keyring == "unlocked" else None

    @property
    def qt(self) -> int:
        """The Qt generation whose dialect the installed client writes."""
        if self.client and self.client.qt:
            return self.client.qt
        return versions.qt_generation(self.client.version if self.client else self.client_version)


def view_profile(profile: ProfileFacts, host: HostFacts, aim: Aim) -> ProfileView:
    """Never raises: what cannot be read is told in `unread`."""
    client = _client(profile, host)
    data, problem = _content(profile)
    view = ProfileView(profile, host.system.os, client, data, unread=problem)
    if problem:
        return view
    try:
        ini = qsettings.parse(data)
        found = accounts.read_accounts(ini, view.qt)
    except ValueError as error:
        return ProfileView(profile, host.system.os, client, data, unread=visible(str(error)))
    return ProfileView(
        profile,
        host.system.os,
        client,
        data,
        accounts=tuple(_account(account, profile, aim) for account in found),
        client_version=accounts.client_version(ini),
        settings_version=accounts.group_version(ini),
        without_url=_without_url(ini, found),
        complete=ini.complete,
    )


def _account(account: accounts.Account, profile: ProfileFacts, aim: Aim) -> AccountView:
    folders = tuple(folder for folder in profile.folders if folder.account == account.number)
    return AccountView(account, aim.state(account.url), folders)


def _without_url(ini: qsettings.IniFile, found: list[accounts.Account]) -> tuple[str, ...]:
    places = [path.split("/") for path in ini.paths()]
    numbers = {parts[1]: None for parts in places if parts[0] == accounts.ACCOUNTS and len(parts) > 2}
    known = {account.number for account in found}
    return tuple(number for number in numbers if number not in known)


def _content(profile: ProfileFacts) -> tuple[bytes, str]:
    """The configuration's bytes, and why they cannot be used."""
    config = profile.config
    if config.state != "ok":
        return b"", config.state
    try:
        data = base64.b64decode(config.content, validate=True)
    except binascii.Error:
        return b"", "the facts hold no base64"
    if not config.masked and hashlib.sha256(data).hexdigest() != config.sha256:
        return data, "its bytes and its SHA-256 do not fit together"
    return data, ""


def _client(profile: ProfileFacts, host: HostFacts) -> InstalledClient | None:
    """The installation that this profile uses; of several the one that runs, else the newest."""
    kind = _KIND_OF_CLIENT.get(profile.config.kind)
    fitting = [one for one in host.clients if one.kind == kind or (kind is None and one.kind not in _SEPARATE)]
    running = [one for one in fitting if profile.client and one.path and one.path == profile.client.exe]
    return max(running or fitting, key=lambda one: versions.parse_version(one.version), default=None)

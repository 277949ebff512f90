"""A profile's facts read the way the client would read them: its accounts, and which server each is on."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from smartfleet.model.assessment import AccountState, ProfileState
from smartfleet.model.facts import FolderFacts, HostFacts, InstalledClient, ProfileFacts, Transaction
from smartfleet.model.plan import InstallPlan, OnMissingSession, Strategy
from smartfleet.nextcloud import accounts, qsettings, spelling, versions
from smartfleet.nextcloud.paths import place
from smartfleet.nextcloud.urls import same_server
from smartfleet.text import visible

# how a configuration's place tells which installation wrote it; everything else is the system's own client
_KIND_OF_CLIENT = {"flatpak": "flatpak", "snap": "snap"}
_SEPARATE = set(_KIND_OF_CLIENT.values())


@dataclass(frozen=True)
class Aim:
    """Where the accounts shall go, and how.

    `installs`: whether a missing client will be installed; `install`: what is installed on this host before the account
    is changed; `digests`: whether file contents are noted down before.
    """

    old: tuple[str, ...]
    new: str
    strategy: Strategy = "move"
    on_missing_session: OnMissingSession = "defer"
    instance_id: str = ""
    installs: bool = False
    install: InstallPlan | None = None
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

    `data`: its bytes; `ini`: the places of its values, None if `unread`, which says why there are no accounts to look
    at; `without_url`: numbers of accounts that the client skips as corrupt; `complete`: whether the file ends as every
    file of the client does; `odd_keys`: what a client on Windows may read otherwise than we do.
    """

    facts: ProfileFacts
    os: str
    client: InstalledClient | None
    data: bytes
    ini: qsettings.IniFile | None = None
    accounts: tuple[AccountView, ...] = ()
    client_version: str = ""
    settings_version: int = 0
    without_url: tuple[str, ...] = ()
    complete: bool = True
    odd_keys: tuple[str, ...] = ()
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
        """The names in the user's keyring; None where they cannot be seen now, or never (Windows)."""
        session = self.facts.session
        return session.secrets if session.state == "active" and session.keyring == "unlocked" else None

    @property
    def can_copy_secrets(self) -> bool:
        """Whether entries of the keyring could be copied now, seen or unseen."""
        session = self.facts.session
        return session.state == "active" and session.keyring in {"unlocked", "unseen"}

    @property
    def windows(self) -> bool:
        return self.os == "windows"

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
        ini=ini,
        accounts=tuple(_account(account, profile, aim) for account in found),
        client_version=accounts.client_version(ini),
        settings_version=accounts.group_version(ini),
        without_url=_without_url(ini, found),
        complete=ini.complete,
        odd_keys=tuple(spelling.odd_keys(ini)) if host.system.os == "windows" else (),
    )


def _account(account: accounts.Account, profile: ProfileFacts, aim: Aim) -> AccountView:
    folders = tuple(folder for folder in profile.folders if folder.account == account.number)
    return AccountView(account, aim.state(account.url), folders)


def _without_url(ini: qsettings.IniFile, found: list[accounts.Account]) -> tuple[str, ...]:
    known = {account.number for account in found}
    group = f"{accounts.ACCOUNTS}/"
    below = [path for path in ini.index if path.startswith(group) and path.count("/") > 1]
    return tuple(number for number in dict.fromkeys(path.split("/", 2)[1] for path in below) if number not in known)


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
    windows = host.system.os == "windows"
    kind = _KIND_OF_CLIENT.get(profile.config.kind)
    fitting = [one for one in host.clients if one.kind == kind or (kind is None and one.kind not in _SEPARATE)]
    mine = [one for one in fitting if one.scope == "machine" or _is_below(one.path, profile.home, windows=windows)]
    mine = mine or [one for one in fitting if not one.path]
    running = [one for one in mine if profile.client and one.path and _same(one.path, profile.client.exe, windows)]
    return max(running or mine, key=lambda one: versions.parse_version(one.version), default=None)


def _same(one: str, other: str, windows: bool) -> bool:  # noqa: FBT001 - reads as a question
    return place(one, windows=windows) == place(other, windows=windows)


def _is_below(path: str, home: str, *, windows: bool) -> bool:
    """A client that one user installed is in that user's home, and is no one else's."""
    return place(path, windows=windows).startswith(place(home, windows=windows) + "/")

"""Facts for tests, made from few words: whatever a case does not name is a plain account that can be moved."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import yaml

from smartfleet.fleet.schema import FleetConfig
from smartfleet.model.facts import (
    ConfigFile,
    FolderFacts,
    HostFacts,
    InstalledClient,
    JournalFacts,
    Problem,
    ProfileFacts,
    RunningClient,
    Session,
    System,
)
from smartfleet.model.results import Outcome
from smartfleet.nextcloud.names import login_key

OLD = "https://old.example.org"
NEW = "https://mein.smartde.coop"
INSTANCE = "ocinst0000000"
TIME = 1_790_000_000.0
HOME = "/home/eva"
CONFIG_PATH = f"{HOME}/.config/Nextcloud/nextcloud.cfg"
WINDOWS_HOME = "C:\\Users\\eva"
WINDOWS_CONFIG = f"{WINDOWS_HOME}\\AppData\\Roaming\\Nextcloud\\nextcloud.cfg"
WINDOWS_CLIENT = "C:\\Program Files\\Nextcloud\\nextcloud.exe"
SID = "S-1-5-21-1111111111-2222222222-3333333333-1001"

Case = dict[str, Any]


def cases(name: str) -> list[Case]:
    """The cases of tests/unit/cases/NAME.yml."""
    found: list[Case] = table(name)
    return found


def table(name: str) -> Any:
    """What stands in tests/unit/cases/NAME.yml."""
    text = (Path(__file__).parent / "cases" / f"{name}.yml").read_text("utf-8")
    # several times as fast as safe_load, where libyaml is there
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


def fleet_config(**changes: Any) -> FleetConfig:
    return FleetConfig.model_validate({"servers": {"old": [OLD], "new": NEW}, **changes})


def config_text(accounts: list[Case], *, version: int = 13, os: str = "linux") -> str:
    """A `nextcloud.cfg` as client 3.16 writes it; with CRLF on Windows."""
    lines = ["[General]", "clientVersion=3.16.7", "", "[Accounts]"]
    for number, account in enumerate(accounts):
        values = {
            "authType": "webflow",
            "dav_user": account.get("user", "eva"),
            "url": account.get("url", OLD),
            "version": account.get("version", 13),
            "webflow_user": account.get("login", account.get("user", "eva")),
            **account.get("values", {}),
        }
        for alias, folder in enumerate(_folders(account)):
            values |= _folder_values(f"Folders\\{alias}", folder, os)
        lines += sorted(f"{number}\\{key}={value}" for key, value in values.items() if value is not None)
    return ("\r\n" if os == "windows" else "\n").join([*lines, f"version={version}", ""])


def local_path(os: str) -> str:
    """The sync folder as the client spells it: with slashes on Windows too."""
    return "C:/Users/eva/Nextcloud/" if os == "windows" else f"{HOME}/Nextcloud/"


def _folder_values(prefix: str, folder: Case, os: str) -> Case:
    return {
        f"{prefix}\\localPath": folder.get("local_path", local_path(os)),
        f"{prefix}\\targetPath": folder.get("target_path", "/"),
        f"{prefix}\\journalPath": folder.get("journal_path", ".sync_0123456789ab.db"),
        f"{prefix}\\version": folder.get("version", 2),
    }


def _folders(account: Case) -> list[Case]:
    found: list[Case] = account.get("folders", [{}])
    return found


def journal(**changes: Any) -> JournalFacts:
    plain = {"name": ".sync_0123456789ab.db", "state": "ok", "files": 5, "checksums": 5, "instance_ids": [INSTANCE]}
    return JournalFacts.model_validate({**plain, **changes})


def folder(account: str = "0", alias: str = "0", **changes: Any) -> FolderFacts:
    plain: Case = {
        "account": account,
        "group": "Folders",
        "alias": alias,
        "local_path": f"{HOME}/Nextcloud/",
        "target_path": "/",
        "virtual_files": "off",
        "paused": False,
        "state": "ok",
        "files": 5,
        "bytes": 5000,
        "journal_named": True,
    }
    seen = {key: value for key, value in changes.items() if key not in {"journal", "journal_path", "version"}}
    made = {**plain, **seen, "journal": journal(**changes.get("journal", {}))}
    return FolderFacts.model_validate(made)


def config_file(text: bytes, **changes: Any) -> ConfigFile:
    plain: Case = {
        "path": CONFIG_PATH,
        "kind": "standard",
        "state": "ok",
        "mode": 0o600,
        "size": len(text),
        "sha256": hashlib.sha256(text).hexdigest(),
        "content": base64.b64encode(text).decode("ascii"),
    }
    return ConfigFile.model_validate({**plain, **changes})


def profile(case: Case) -> ProfileFacts:
    """`accounts` (each with url, user, values, folders), `text`, `config`, `session`, `client`, `orphans`..."""
    accounts, os = case.get("accounts", [{}]), case.get("os", "linux")
    text = case.get("text", config_text(accounts, version=case.get("version", 13), os=os)).encode("utf-8")
    folders = [
        folder(str(number), str(alias), **{"local_path": local_path(os), **one})
        for number, account in enumerate(accounts)
        for alias, one in enumerate(_folders(account))
        if not one.get("unseen")
    ]
    place = {"path": WINDOWS_CONFIG, "mode": 0} if os == "windows" else {}
    config = config_file(text, **{**place, **case.get("config", {})})
    seen = _SESSIONS[os == "windows"]
    if os != "windows":
        seen = {**seen, "secrets": [_login_key(number, account) for number, account in enumerate(accounts)]}
    transactions = [_transaction(one, config.sha256) for one in case.get("transactions", [])]
    return ProfileFacts.model_validate(
        {
            "user": case.get("user", "eva"),
            **({"sid": SID, "home": WINDOWS_HOME} if os == "windows" else {"uid": 1000, "home": HOME}),
            "config": config,
            "client": _running(case, os),
            "session": Session.model_validate({**seen, **case.get("session", {})}),
            "folders": folders,
            "orphans": case.get("orphans", []),
            "transactions": transactions,
        }
    )


_SESSIONS: dict[bool, Case] = {
    False: {"state": "active", "source": "client", "display": True, "keyring": "unlocked", "secrets": []},
    # nobody but the user's own programs sees a user's credentials on Windows
    True: {
        "state": "active",
        "source": "manager",
        "kind": "console",
        "display": True,
        "keyring": "unseen",
        "secrets": [],
    },
}
NOBODY = {"state": "none", "source": "none", "kind": "", "display": False, "keyring": "absent", "secrets": []}


def _login_key(number: int, account: Case) -> str:
    login = str(account.get("login", account.get("user", "eva")))
    return login_key(login, str(account.get("url") or OLD), str(number))


def _transaction(one: Case, now: str) -> Case:
    """`now` stands for the hash that the file has."""
    plain = {
        "run": "r1",
        "state": "open",
        "step": "backup",
        "started": TIME,
        "old_sha256": "a" * 64,
        "new_sha256": "b" * 64,
    }
    return {key: now if value == "now" else value for key, value in {**plain, **one}.items()}


def _running(case: Case, os: str) -> RunningClient | None:
    if not case.get("running", True):
        return None
    if os == "windows":
        return RunningClient(pid=4711, exe=WINDOWS_CLIENT, arguments=["--background"], started=TIME, session=1)
    return RunningClient(pid=4711, exe="/usr/bin/nextcloud", arguments=["--background"], started=TIME)


_SYSTEMS: dict[str, Case] = {
    "linux": {"distribution": "debian 13", "python": "3.13.5"},
    "darwin": {"distribution": "macos 15.1", "python": "3.13.5"},
    "windows": {"distribution": "windows 10.0.19045", "powershell": "5.1.19041.1"},
}
_PACKAGE = {"kind": "package", "name": "nextcloud-desktop", "version": "3.16.7", "qt": 6, "path": "/usr/bin/nextcloud"}
_MSI = {
    "kind": "msi",
    "name": "Nextcloud",
    "version": "3.16.7.24567",
    "qt": 6,
    "path": WINDOWS_CLIENT,
    "bits": 64,
    "product_code": "{11111111-2222-3333-4444-555555555555}",
}


def host_facts(*profiles: ProfileFacts, os: str = "linux", clients: list[Case] | None = None) -> HostFacts:
    plain = _MSI if os == "windows" else _PACKAGE
    system = {
        "os": os,
        "hostname": "pc-0815",
        "admin": True,
        "time": TIME,
        "free_bytes": 10**10,
        **_SYSTEMS[os],
    }
    installed = [{}] if clients is None else clients
    return HostFacts(
        system=System.model_validate(system),
        clients=[InstalledClient.model_validate({**plain, **one}) for one in installed],
        profiles=list(profiles),
    )


def facts_of(case: Case) -> HostFacts:
    """One host with the case's one profile."""
    facts = host_facts(profile(case), os=case.get("os", "linux"), clients=case.get("clients"))
    return facts.model_copy(update={"problems": [Problem.model_validate(one) for one in case.get("problems", [])]})


def outcome(host: str, name: str, **more: object) -> Outcome:
    return Outcome.model_validate({"host": host, "user": "eva", "config_path": CONFIG_PATH, "outcome": name, **more})

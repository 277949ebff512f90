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
    ProfileFacts,
    RunningClient,
    Session,
    System,
)

OLD = "https://old.example.org"
NEW = "https://mein.smartde.coop"
INSTANCE = "ocinst0000000"
TIME = 1_790_000_000.0
HOME = "/home/eva"
CONFIG_PATH = f"{HOME}/.config/Nextcloud/nextcloud.cfg"

Case = dict[str, Any]


def cases(name: str) -> list[Case]:
    """The cases of tests/unit/cases/NAME.yml."""
    text = (Path(__file__).parent / "cases" / f"{name}.yml").read_text("utf-8")
    found: list[Case] = yaml.safe_load(text)
    return found


def fleet_config(**changes: Any) -> FleetConfig:
    return FleetConfig.model_validate({"servers": {"old": [OLD], "new": NEW}, **changes})


def config_text(accounts: list[Case], *, version: int = 13) -> str:
    """A `nextcloud.cfg` as client 3.16 writes it."""
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
            values |= _folder_values(f"Folders\\{alias}", folder)
        lines += sorted(f"{number}\\{key}={value}" for key, value in values.items() if value is not None)
    return "\n".join([*lines, f"version={version}", ""])


def _folder_values(prefix: str, folder: Case) -> Case:
    return {
        f"{prefix}\\localPath": folder.get("local_path", f"{HOME}/Nextcloud/"),
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
    accounts = case.get("accounts", [{}])
    text = case.get("text", config_text(accounts, version=case.get("version", 13))).encode("utf-8")
    folders = [
        folder(str(number), str(alias), **one)
        for number, account in enumerate(accounts)
        for alias, one in enumerate(_folders(account))
        if not one.get("unseen")
    ]
    config = config_file(text, **case.get("config", {}))
    session = {
        "state": "active",
        "source": "client",
        "display": True,
        "keyring": "unlocked",
        "secrets": [
            f"{one.get('login', one.get('user', 'eva'))}:{one.get('url', OLD)}/:{n}" for n, one in enumerate(accounts)
        ],
        **case.get("session", {}),
    }
    transactions = [_transaction(one, config.sha256) for one in case.get("transactions", [])]
    return ProfileFacts.model_validate(
        {
            "user": case.get("user", "eva"),
            "uid": 1000,
            "home": HOME,
            "config": config,
            "client": _running(case),
            "session": Session.model_validate(session),
            "folders": folders,
            "orphans": case.get("orphans", []),
            "transactions": transactions,
        }
    )


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


def _running(case: Case) -> RunningClient | None:
    if not case.get("running", True):
        return None
    return RunningClient(pid=4711, exe="/usr/bin/nextcloud", arguments=["--background"], started=TIME)


def host_facts(*profiles: ProfileFacts, os: str = "linux", clients: list[Case] | None = None) -> HostFacts:
    plain = {"kind": "package", "name": "nextcloud-desktop", "version": "3.16.7", "qt": 6, "path": "/usr/bin/nextcloud"}
    system = {
        "os": os,
        "hostname": "pc-0815",
        "distribution": "debian 13",
        "python": "3.13.5",
        "admin": True,
        "time": TIME,
        "free_bytes": 10**10,
    }
    installed = [{}] if clients is None else clients
    return HostFacts(
        system=System.model_validate(system),
        clients=[InstalledClient.model_validate({**plain, **one}) for one in installed],
        profiles=list(profiles),
    )


def facts_of(case: Case) -> HostFacts:
    """One host with the case's one profile."""
    return host_facts(profile(case), os=case.get("os", "linux"), clients=case.get("clients"))

"""The client's secrets in KWallet and in a Secret Service that says no. The real gnome-keyring is in tests/live."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import keyring
from ansible_collections.smartde.nextcloud.plugins.module_utils.dropped import DroppedError

from tests.unit.fake_bus import FakeBus, Handler, RefusalError

OLD, NEW = "eva:http://old.example:8080/:0", "eva:https://new.example/:0"
LOGIN = "/org/freedesktop/secrets/collection/login"


class Wallet:
    """org.kde.KWallet as kwalletd answers it: one wallet, entries in the folder Nextcloud."""

    def __init__(self, entries: dict[str, tuple[int, bytes]], *, is_open: bool = True) -> None:
        self.entries = entries
        self.is_open = is_open

    def methods(self) -> dict[tuple[str, str], Handler]:
        found: dict[str, Handler] = {
            "isEnabled": lambda _path: ("b", (True,)),
            "networkWallet": lambda _path: ("s", ("kdewallet",)),
            "isOpen": lambda _path, _wallet: ("b", (self.is_open,)),
            "open": self._open,
            "entryList": self._entry_list,
            "hasEntry": lambda _path, _handle, _folder, key, _app: ("b", (key in self.entries,)),
            "entryType": lambda _path, _handle, _folder, key, _app: ("i", (self.entries[key][0],)),
            "readPassword": lambda _path, _handle, _folder, key, _app: ("s", (self.entries[key][1].decode(),)),
            "readEntry": lambda _path, _handle, _folder, key, _app: ("ay", (self.entries[key][1],)),
            "writePassword": self._write_password,
            "writeEntry": self._write_entry,
        }
        return {("org.kde.KWallet", name): handler for name, handler in found.items()}

    def _open(self, _path: str, _wallet: str, _window: int, application: str) -> Any:
        assert self.is_open, "this would prompt"
        return "i", (17 if application == "Nextcloud" else -1,)

    def _entry_list(self, _path: str, handle: int, folder: str, _app: str) -> Any:
        assert (handle, folder) == (17, "Nextcloud")
        return "as", (list(self.entries),)

    def _write_password(self, _path: str, _handle: int, folder: str, key: str, value: str, _app: str) -> Any:
        assert folder == "Nextcloud"
        self.entries[key] = (1, value.encode())
        return "i", (0,)

    def _write_entry(self, _path: str, _handle: int, _folder: str, key: str, value: bytes, kind: int, _app: str) -> Any:
        self.entries[key] = (kind, bytes(value))
        return "i", (0,)


def _env(peer: FakeBus) -> dict[str, str]:
    return {"DBUS_SESSION_BUS_ADDRESS": peer.address}


@pytest.mark.parametrize("daemon", ["org.kde.kwalletd5", "org.kde.kwalletd6"])
def test_secrets_in_kwallet(tmp_path: Path, daemon: str) -> None:
    wallet = Wallet({OLD: (1, "pässword".encode()), "eva_e2e:x": (2, b"\0\xff")})
    with FakeBus(tmp_path, wallet.methods(), {daemon}) as peer:
        env = _env(peer)
        assert keyring.look(env) == {"keyring": "unlocked", "secrets": sorted([OLD, "eva_e2e:x"])}
        assert keyring.copy(env, [(OLD, NEW), ("eva_e2e:x", "eva_e2e:y"), ("no", "x")]) == [
            "copied",
            "copied",
            "missing",
        ]
        assert keyring.copy(env, [(OLD, NEW)]) == ["same"]
        assert keyring.lookup(env, NEW) == "pässword".encode()
    assert wallet.entries[NEW] == (1, "pässword".encode())
    assert wallet.entries["eva_e2e:y"] == (2, b"\0\xff")


def test_a_closed_wallet_is_not_opened(tmp_path: Path) -> None:
    wallet = Wallet({OLD: (1, b"x")}, is_open=False)
    with FakeBus(tmp_path, wallet.methods(), {"org.kde.kwalletd6"}) as peer:
        assert keyring.look(_env(peer)) == {"keyring": "locked", "secrets": []}
        for ask in (lambda: keyring.copy(_env(peer), [(OLD, NEW)]), lambda: keyring.lookup(_env(peer), OLD)):
            with pytest.raises(DroppedError) as caught:
                ask()
            assert caught.value.code == "keyring-locked"
        assert ("org.kde.KWallet", "open") not in peer.calls


class Service:
    """A Secret Service with one item in the collection login."""

    def __init__(self, *, alias: str = LOGIN, locked: bool = False, create: str = "") -> None:
        self.alias = alias
        self.locked = locked
        self.create = create
        self.dismissed = False

    def methods(self) -> dict[tuple[str, str], Handler]:
        secret = "org.freedesktop.Secret."
        return {
            (secret + "Service", "ReadAlias"): lambda _path, _name: ("o", (self.alias,)),
            (secret + "Service", "SearchItems"): self._search,
            (secret + "Service", "OpenSession"): lambda _path, _kind, _input: ("vo", (("s", ""), "/session/1")),
            (secret + "Item", "GetSecret"): lambda _path, session: ("(oayays)", ((session, b"", b"x", "text/plain"),)),
            (secret + "Collection", "CreateItem"): self._create,
            (secret + "Prompt", "Dismiss"): self._dismiss,
            ("org.freedesktop.DBus.Properties", "Get"): self._get,
        }

    def _search(self, _path: str, attributes: dict[str, str]) -> Any:
        found = [LOGIN + "/1"] if attributes.get("user", OLD) == OLD else []
        return "aoao", (([], found) if self.locked else (found, []))

    def _get(self, _path: str, _interface: str, name: str) -> Any:
        attributes = {"user": OLD, "server": "Nextcloud"}
        values = {"Locked": ("b", self.locked), "Attributes": ("a{ss}", attributes), "Label": ("s", "Nextcloud")}
        return "v", (values[name],)

    def _create(self, path: str, _properties: object, _secret: object, _replace: object) -> Any:
        assert path == LOGIN
        if self.create == "error":
            raise RefusalError("org.freedesktop.Secret.Error.IsLocked")
        return "oo", ("/", "/prompt/1" if self.create == "prompt" else "/")

    def _dismiss(self, _path: str) -> Any:
        self.dismissed = True
        return "", ()


@pytest.mark.parametrize(
    ("service", "state"),
    [(Service(), "unlocked"), (Service(locked=True), "locked"), (Service(alias="/"), "absent")],
)
def test_states_of_the_default_collection(tmp_path: Path, service: Service, state: str) -> None:
    with FakeBus(tmp_path, service.methods(), {"org.freedesktop.secrets"}) as peer:
        found = keyring.look(_env(peer))
    assert found == {"keyring": state, "secrets": [] if state == "absent" else [OLD]}


def test_a_locked_item_is_not_even_asked_for(tmp_path: Path) -> None:
    with FakeBus(tmp_path, Service(locked=True).methods(), {"org.freedesktop.secrets"}) as peer:
        with pytest.raises(DroppedError) as caught:
            keyring.copy(_env(peer), [(OLD, NEW)])
        assert caught.value.code == "keyring-locked"
        assert ("org.freedesktop.Secret.Item", "GetSecret") not in peer.calls


@pytest.mark.parametrize(
    ("create", "code"), [("prompt", "keyring-locked"), ("error", "keyring-locked"), ("", "keyring-refused")]
)
def test_a_prompt_is_turned_down(tmp_path: Path, create: str, code: str) -> None:
    service = Service(create=create)
    with FakeBus(tmp_path, service.methods(), {"org.freedesktop.secrets"}) as peer:
        with pytest.raises(DroppedError) as caught:
            keyring.copy(_env(peer), [(OLD, NEW)])
        assert caught.value.code == code
        assert service.dismissed == (create == "prompt")
        assert ("org.freedesktop.Secret.Prompt", "Prompt") not in peer.calls


def test_no_session(tmp_path: Path) -> None:
    for env in ({}, {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/none"}):
        assert keyring.look(env) == {"keyring": "absent", "secrets": []}
        with pytest.raises(DroppedError) as caught:
            keyring.copy(env, [(OLD, NEW)])
        assert caught.value.code == "no-session"


def test_a_service_that_answers_nonsense_is_refused_without_naming_the_value(tmp_path: Path) -> None:
    methods = Service().methods()
    methods["org.freedesktop.Secret.Item", "GetSecret"] = lambda _path, _session: ("s", ("hunter2",))
    with FakeBus(tmp_path, methods, {"org.freedesktop.secrets"}) as peer, pytest.raises(DroppedError) as caught:
        keyring.copy(_env(peer), [(OLD, NEW)])
    assert caught.value.code == "keyring-refused"
    assert "hunter2" not in caught.value.message

"""Plans for Windows: the order's names, the words, and files with CRLF that keep every byte they need not lose."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from smartfleet.model.plan import ProfileMove, ProfilePlan
from smartfleet.nextcloud.inverse import apply_inverse
from smartfleet.nextcloud.qsettings import parse
from smartfleet.plan import make_plan
from smartfleet.plan.order import for_host
from tests.unit.builders import (
    INSTANCE,
    NEW,
    NOBODY,
    OLD,
    TIME,
    WINDOWS_CONFIG,
    Case,
    config_text,
    facts_of,
    fleet_config,
)
from tests.unit.client_files import moved_file

MSI: Case = {
    "msi": "https://files.example.org/Nextcloud.msi",
    "sha256": "c" * 64,
    "version": "3.16.7",
    "state": "latest",
}


def planned(case: Case) -> ProfilePlan:
    facts = {"pc-0815": (TIME, facts_of({"os": "windows", **case}))}
    config = fleet_config(**case.get("fleet", {}))
    return make_plan(facts, config, created=TIME + 60, instance_id=INSTANCE).hosts[0].profiles[0]


def order(case: Case) -> ProfileMove:
    move = planned(case).move
    assert move is not None
    return move


def test_the_order_names_paths_as_the_host_has_them() -> None:
    move = order({})
    assert move.config_path == WINDOWS_CONFIG
    assert [folder.local_path for folder in move.folders] == ["C:/Users/eva/Nextcloud/"]
    assert [(edit.key, edit.old, edit.new) for edit in move.edits] == [("0\\url", OLD, NEW)]


def test_names_of_secrets_are_targets_of_the_credential_manager() -> None:
    move = order({})
    (login,) = [copy for copy in move.secrets if copy.required]
    assert (login.source, login.target) == (f"Nextcloud_eva:{OLD}/:0", f"Nextcloud_eva:{NEW}/:0")
    ordered = {copy["source"]: copy["target"] for copy in for_host(move)["secrets"]}
    assert ordered[f"Nextcloud_eva_e2e-private:{OLD}/:0"] == f"Nextcloud_eva_e2e-private:{NEW}/:0"
    assert ordered[f"Nextcloud_eva_clientKeyPEM.9:{OLD}/:0"] == f"Nextcloud_eva_clientKeyPEM.9:{NEW}/:0"
    assert len(ordered) == len(for_host(move)["secrets"]) > 100
    assert all(source.startswith("Nextcloud_") for source in ordered)


def test_the_same_names_are_listed_when_nobody_is_logged_on() -> None:
    assert order({"session": NOBODY, "running": False}).secrets == order({}).secrets


def test_reconnect_names_the_entry_that_tells_whether_the_user_signed_in() -> None:
    move = order({"fleet": {"move": {"strategy": "reconnect"}}})
    assert [copy["target"] for copy in for_host(move)["secrets"]] == [f"Nextcloud_eva:{NEW}/:0"]


def test_the_steps_are_told_in_order() -> None:
    case = {
        "clients": [{"version": "3.7.3"}],
        "accounts": [{"folders": [{"virtual_files": "wincfapi"}]}],
        "fleet": {"install": {"windows": MSI}},
    }
    assert planned(case).steps == [
        f"prove that {NEW} is the Nextcloud these files are from, and that nothing changed since the audit",
        "stop the client of eva, in the user's own session",
        "back up nextcloud.cfg and 1 journal",
        "note down 5 files (5.0 kB), to compare them afterwards",
        (
            "install client 3.16.7: this machine fetches https://files.example.org/Nextcloud.msi and checks its "
            "SHA-256 (cccccccccccc...)"
        ),
        f"account eva: {OLD} becomes {NEW}",
        (
            "copy 1 password, and keys that belong to it, in the Credential Manager, by a scheduled task that runs as "
            "eva and is then gone"
        ),
        "remove the old server's cookies (cookies0.db)",
        (
            "start the client, in the user's own session, and prove that it uses the new URL, the same journal and the "
            "same files"
        ),
        "take the old server's sync root out of Explorer's list (SyncRootManager); files and placeholders stay",
    ]


def test_the_diff_shows_no_line_endings() -> None:
    lines = planned({}).diff.splitlines()
    assert [line for line in lines if line[:1] in "+-" and line[1:2] not in "+-"] == [
        f"-0\\url={OLD}",
        f"+0\\url={NEW}",
    ]
    assert not any("\\x0d" in line for line in lines)


def test_only_the_url_differs_and_every_line_ends_as_before() -> None:
    accounts: list[Case] = [{}, {"user": "otto", "folders": []}]
    before = config_text(accounts, os="windows").encode()
    after = base64.b64decode(order({"accounts": accounts}).new_config)
    assert after.count(b"\r\n") == after.count(b"\n") == before.count(b"\n")
    assert after.replace(NEW.encode(), OLD.encode()) == before


letters = st.characters(categories=("L", "N"), include_characters=" /:._-")
values = st.text(letters, max_size=20).map(str.strip)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Files as the client writes them on Windows: CRLF, paths with drive letters, other groups before and behind."""
    extra = draw(st.lists(st.tuples(st.sampled_from("abcdef"), values), max_size=5))
    head = "".join(f"{key}={value}\r\n" for key, value in extra)
    journal = draw(st.sampled_from(["", ".sync_0123456789ab.db"]))
    drives = draw(st.lists(st.sampled_from("CDZ"), max_size=3))
    folders = [{"local_path": f"{drive}:/Users/{n}/Ä/", "journal_path": journal} for n, drive in enumerate(drives)]
    accounts = config_text([{"folders": folders}], os="windows")
    return f"[Window]\r\n{head}\r\n{accounts}\r\n[Z]\r\n{head}".encode()


@given(files())
def test_what_is_not_changed_stays_byte_for_byte(data: bytes) -> None:
    moved = moved_file(data, ["0"], NEW, 6)
    new = {f"{edit.key}={edit.new}".encode() for edit in moved.edits}
    old = {f"{edit.key}={edit.old or ''}".encode() for edit in moved.edits}
    kept = [line for line in moved.data.split(b"\r\n") if line not in new]
    assert kept == [line for line in data.split(b"\r\n") if line not in old]
    assert moved.data.count(b"\n") == moved.data.count(b"\r\n")


@given(files())
def test_taking_it_back_gives_the_same_bytes(data: bytes) -> None:
    moved = moved_file(data, ["0"], NEW, 6, keep_journals=False)
    back, left = apply_inverse(parse(moved.data), [edit.model_dump() for edit in moved.edits])
    assert (back.to_bytes(), left) == (data, [])

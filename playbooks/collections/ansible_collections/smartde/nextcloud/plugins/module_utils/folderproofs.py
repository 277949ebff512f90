"""After a move: each sync folder against the manifest from before, its journal and its server."""

from __future__ import annotations

import os
import time
from typing import Any, Sequence

from . import excludes, foldercheck
from .desk import Presence
from .dropped import Dropped, DroppedError
from .outcome import Proof
from .profile import Profile, SyncFolder
from .servercheck import Account
from .state import manifest_path

CHECK_SECONDS = 6 * 3600.0
SILENT_SECONDS = 300.0
EXAMPLES = 5
AGAIN_SECONDS = 3.0


def compare_folders(
    profile: Profile, folders: Sequence[SyncFolder], presence: Presence, *, seconds: float, ask_server: bool = True
) -> list[Proof]:
    """The proofs disk, conflicts and server.

    `ask_server`: whether the user's session asks it. What seems lost is looked at again for `seconds`: a client at work
    is a moment ahead of its own journal.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            found = [_check(profile, folder, presence, ask_server=ask_server) for folder in folders]
        except (DroppedError, OSError) as error:
            return [Proof(name, "unknown", str(error)) for name in ("disk", "conflicts", "server")]
        if not _sum(found, "before", "lost") or time.monotonic() > end:
            return [_disk(found), _conflicts(found), _server(found)]
        time.sleep(AGAIN_SECONDS)


def _check(profile: Profile, folder: SyncFolder, presence: Presence, *, ask_server: bool) -> dict[str, Any]:
    """The part of a `FolderCheck` that a child tells; what could not be compared says so in its place."""
    move = folder.move
    account = next(one for one in profile.order.accounts if one.number == move.account)
    with open(manifest_path(profile.folder, move.account, move.group, move.alias), "rb") as manifest:
        job = foldercheck.Job(
            local_path=os.fsencode(folder.path),
            virtual_files=folder.virtual_files,
            journal=move.journal,
            target_path=folder.target_path,
            level="size",
            examples=EXAMPLES,
            manifest=manifest.fileno(),
            no_manifest="",
            hidden=folder.ignore_hidden,
            excludes=(
                os.path.join(profile.root, excludes.SYSTEM),
                os.path.join(os.path.dirname(profile.config_path), excludes.NAME),
            ),
            other_homes=(),
            account=Account(move.account, account.new_url, account.login, account.user),
            env=presence.env,
            ask_server=ask_server,
        )
        with Dropped(profile.person, foldercheck.check, job, timeout=CHECK_SECONDS, idle=SILENT_SECONDS) as child:
            for _beat in child:
                pass
    answer: dict[str, Any] = child.answer
    return answer


def _disk(found: Sequence[dict[str, Any]]) -> Proof:
    reason = _not_done(found, "before")
    lost, unproven = _sum(found, "before", "lost"), _sum(found, "before", "unproven")
    if lost:
        examples = [one["path"] for check in found for one in check["before"]["examples"] if one["kind"] == "lost"]
        return Proof("disk", "failed", f"{lost} files are not what they were: {', '.join(examples[:EXAMPLES])}")
    if reason or unproven:
        return Proof("disk", "unknown", reason or f"{unproven} files could not be compared")
    same, synced, user = (_sum(found, "before", name) for name in ("same", "synced", "user"))
    return Proof("disk", "ok", f"{same} files as before, {synced} synced since, {user} with changes of the user's")


def _conflicts(found: Sequence[dict[str, Any]]) -> Proof:
    reason, new = _not_done(found, "before"), _sum(found, "before", "conflicts")
    if new:
        return Proof("conflicts", "failed", f"{new} new conflict files")
    return Proof("conflicts", "unknown", reason) if reason else Proof("conflicts", "ok")


def _server(found: Sequence[dict[str, Any]]) -> Proof:
    """Another version on the server may be somebody's work of this minute: no failure, but no proof either."""
    reason, other = _not_done(found, "server"), _sum(found, "server", "unproven")
    if reason or other:
        return Proof("server", "unknown", reason or f"{other} paths are not on the server as the client last saw them")
    return Proof("server", "ok", f"{_sum(found, 'server', 'same')} files as on the server")


def _sum(found: Sequence[dict[str, Any]], comparison: str, name: str) -> int:
    return sum(int(check[comparison][name]) for check in found)


def _not_done(found: Sequence[dict[str, Any]], comparison: str) -> str:
    return next((str(check[comparison]["reason"]) for check in found if not check[comparison]["done"]), "")

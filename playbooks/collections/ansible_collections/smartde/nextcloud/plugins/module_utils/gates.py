"""What must be true before a move touches anything. Every process that works on a transaction asks anew."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from typing import Callable, Sequence

from .backup import require_space
from .desk import Keyring, Presence
from .dropped import DroppedError, run_as
from .order import Order
from .profile import Config, Profile, SyncFolder, applied
from .transaction import StepError

SIGN_IN = "the user must sign in once when the client asks for it"
RECONNECT = "reconnect"
PLAN_AGAIN = "audit the host and plan again"


@dataclass(frozen=True)
class SignIn:
    """Why the user will have to sign in although the move goes on."""

    code: str
    message: str


def check(profile: Profile) -> None:
    """The file, its folders and the space for the backup are what the plan presumes. For a move that has not begun."""
    order = profile.order
    if sys.platform != "linux":
        raise _refused("os-not-offered", "a move is offered for Linux only as yet", "move this user by hand")
    if order.strategy not in ("move", "reconnect"):
        raise _refused(
            "strategy-not-offered", f"the strategy {order.strategy} is not carried out on hosts", "plan with move"
        )
    try:
        config = profile.config()
        _check_config(order, config)
    except DroppedError as error:
        raise _refused(error.code, error.message, error.do or PLAN_AGAIN) from error
    profile.disk.require_writable(profile.person, profile.config_path)
    folders = profile.folders(config)
    check_folders(profile, folders)
    require_space(profile.person, profile.sources(folders), profile.folder)


def check_folders(profile: Profile, folders: Sequence[SyncFolder]) -> None:
    """Each folder and its journal are there; a client that starts without them begins anew."""
    paths = [path for folder in folders for path in (folder.path, folder.journal)]
    found = run_as(profile.person, kinds, paths)
    # into these a journal is carried
    without = {aside.place for aside in profile.order.aside if aside.carry}
    for folder, place, journal in zip(folders, found[::2], found[1::2]):
        if place != "folder":
            raise _refused("folder-missing", f"{folder.path} is no folder of {profile.person.name}", PLAN_AGAIN)
        if (folder.move.account, folder.move.group, folder.move.alias) in without:
            continue
        if journal != "file" and (folder.move.instance_id or journal):
            raise _refused("journal-missing", f"{folder.journal} is no journal", PLAN_AGAIN)


def check_desk(order: Order, presence: Presence, ask: Callable[[], Keyring]) -> SignIn | None:
    """Whether the secrets can be copied; None, or why the user will have to sign in.

    StepError with a waiting outcome where that is so and the plan says to wait instead. With the strategy ``reconnect``
    there is nothing to wait for.
    """
    found = obstacle(order, presence, ask)
    if found and found.code != RECONNECT and order.on_missing_session == "defer":
        outcome = "waiting-session" if found.code in ("no-session", "keyring-locked") else "waiting-sign-in"
        raise StepError(found.code, found.message, _remedy(found.code), outcome=outcome)
    return found


def obstacle(order: Order, presence: Presence, ask: Callable[[], Keyring]) -> SignIn | None:
    """Why the secrets cannot be copied; None if they can, or if there are none."""
    if order.strategy == RECONNECT:
        return SignIn(RECONNECT, "the plan has the user sign in anew")
    if not order.secrets:
        return None
    if not presence.session:
        return SignIn("no-session", "the user has no desktop session, so the keyring cannot be reached")
    if not presence.startable:
        return SignIn("no-session", "the user's session has no screen to start the client on")
    return _locked_out(order, ask())


def _locked_out(order: Order, keyring: Keyring) -> SignIn | None:
    if keyring.state == "absent":
        return SignIn("keyring-absent", "no keyring runs in the user's session")
    if keyring.state == "locked":
        return SignIn("keyring-locked", "the user's keyring is locked")
    for copy in order.secrets:
        if copy.required and not {copy.source, copy.target} & keyring.entries:
            return SignIn("secret-missing", f"the keyring has no entry {copy.source}")
    return None


def _remedy(code: str) -> str:
    if code == "keyring-locked":
        return "apply again when the user has unlocked the keyring, as logging in with the password does"
    if code == "no-session":
        return "apply again when the user is logged in to the desktop"
    return f"have the user sign in to the old server, or apply with on_missing_session: sign-in ({SIGN_IN})"


def _check_config(order: Order, config: Config) -> None:
    if config.sha256 != order.old_sha256:
        raise DroppedError("config-changed", "nextcloud.cfg is not what the plan saw", PLAN_AGAIN)
    try:
        target = applied(config.ini, order).to_bytes()
    except ValueError as error:
        raise DroppedError("config-changed", str(error), PLAN_AGAIN) from error
    if target != order.new_config:
        raise DroppedError(
            "order-inconsistent", "the plan's edits do not give the plan's new nextcloud.cfg", PLAN_AGAIN
        )


def _refused(code: str, message: str, do: str = "") -> StepError:
    return StepError(code, message, do, outcome="refused")


def kinds(paths: list[str]) -> list[str]:
    """In the dropped child: ``folder`` or ``file`` of the user's own, ``other``, or "" for what is missing."""
    return [_kind(path) for path in paths]


def _kind(path: str) -> str:
    try:
        found = os.lstat(path.rstrip("/") or "/")
    except FileNotFoundError:
        return ""
    except OSError:
        return "other"
    if found.st_uid != os.geteuid():
        return "other"
    return {stat.S_IFDIR: "folder", stat.S_IFREG: "file"}.get(stat.S_IFMT(found.st_mode), "other")

"""Taking a move back: the configuration as it was, the journals as they are now, the client started again."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from . import asides
from .configwrite import remove_leftover
from .dropped import run_as
from .inverse import apply_inverse
from .profile import Profile
from .qsettings import parse
from .transaction import FAILURES, SkipStep, Step, StepError, Transaction, as_step_error


def restored(current: bytes, before: bytes, target: bytes, edits: Sequence[Mapping[str, Any]]) -> bytes | None:
    """The bytes that take a move back; None where nothing is left to take back.

    What the move wrote and nobody touched since becomes the backup again, byte for byte. Else only the moved values go
    back, so later changes stay. StepError config-changed where a moved value is neither the new nor the old one.
    """
    if current == before:
        return None
    if current == target:
        return before
    try:
        ini, left = apply_inverse(parse(current), list(edits))
    except ValueError as error:
        raise _changed(f"nextcloud.cfg cannot be read any more: {error}") from error
    if left:
        raise _changed(f"nextcloud.cfg has other values now: {', '.join(left)}")
    return None if ini.to_bytes() == current else ini.to_bytes()


def _changed(message: str) -> StepError:
    return StepError(
        "config-changed", message, "audit the host: somebody changed the account since the move", outcome="refused"
    )


def what_to_restore(profile: Profile) -> bytes | None:
    """As `restored`, for the file of this moment; None too where the transaction never got as far as a backup."""
    try:
        before = profile.before()
    except FileNotFoundError:
        return None
    try:
        target = profile.target(before)
    except ValueError:
        return None  # the edits do not fit what the client left when it quit: nothing was ever written
    return restored(profile.config().data, before.data, target, profile.order.edits)


def undo_steps(profile: Profile, transaction: Transaction) -> list[Step]:
    """The way back from any point of a transaction, each step right wherever that was.

    A copy that was set aside comes back before the configuration names it again.
    """
    carried = any(aside.carry for aside in profile.order.aside)
    return [
        Step("undo-stop-client", lambda: _stop(profile)),
        *([Step("return-copy", lambda: asides.bring_back(profile))] if profile.order.aside else []),
        Step("restore-config", lambda: _restore_config(profile)),
        *([Step("remove-carried", lambda: asides.remove_carried(profile, transaction))] if carried else []),
        Step("restore-journals", lambda: _restore_journals(profile)),
        Step("restart-client", lambda: start_client(profile)),
    ]


def _stop(profile: Profile) -> str:
    if what_to_restore(profile) is None and not asides.away_from(profile):
        raise SkipStep("the configuration is the one from before")
    return profile.desk.stop(profile.desk.presence(profile.recorded()))


def _restore_config(profile: Profile) -> str:
    run_as(profile.person, remove_leftover, profile.config_path)
    data = what_to_restore(profile)
    if data is None:
        raise SkipStep("the configuration is the one from before")
    profile.replace_config(profile.config(), data)
    return "the configuration is the one from before"


def _restore_journals(profile: Profile) -> str:
    try:
        missing = profile.missing_journals()
    except OSError as error:
        raise SkipStep("there is no backup, so nothing was changed") from error
    if not missing:
        raise SkipStep("every journal is there; it knows more than the backup")
    for saved in missing:
        profile.backup.put_back(profile.person, saved)
    return f"{len(missing)} missing journal files put back"


def start_client(profile: Profile) -> str:
    """Start the client if it ran before or the user's session is there: users expect it to run then.

    SkipStep without a session: it starts when the user logs in.
    """
    recorded = profile.recorded()
    presence = profile.desk.presence(recorded)
    if profile.desk.running():
        return "the client runs"
    if not presence.startable:
        raise SkipStep("no desktop session: the client starts when the user logs in")
    return profile.desk.start(presence)


def take_back(profile: Profile, transaction: Transaction, reason: str) -> None:
    """Undo a transaction. StepError undo-failed: it stays open and can be undone another time."""
    try:
        transaction.undo(undo_steps(profile, transaction), reason)
    except FAILURES as error:
        raise StepError(
            "undo-failed",
            f"{reason}; taking it back failed: {as_step_error(error).message}",
            "mend that, then roll this host back; the backup is whole",
        ) from error

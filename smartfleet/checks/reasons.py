"""Every reason that smartfleet gives for not moving a profile, or for looking twice, with its remedy.

The codes are stable: reports, JSON documents and docs/plan.md name them.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from smartfleet.checks.curereasons import LEFT, MENDED
from smartfleet.model.plan import Refusal

Kind = Literal["refuse", "none", "warn"]


class Remedy(NamedTuple):
    """`kind` says what the reason does to a plan: the profile is refused, has nothing to do, or gets a warning."""

    kind: Kind
    do: str


_START_ONCE = "Let the client run until it has synced once with the old server, then audit again."
_ANEW = (
    "Let the client run until it has synced once with the old server, then audit again. If that does not help, quit "
    "the client, rename the journal and start the client: it writes a new one."
)
_MEND_PATH = "Mend the folder's path in the client (remove the connection, add it again), then audit again."
_COPY_AND_ASK = "Keep the file, look into it with `smartfleet explain FILE`, and let the client write a new one."

REMEDIES: dict[str, Remedy] = {
    # nothing to do
    "already": Remedy("none", ""),
    "config-absent": Remedy("none", "The client was never set up for this user; nothing is to be moved."),
    "no-account": Remedy("none", "The client has no account; nothing is to be moved."),
    "not-on-old-server": Remedy("none", "If this server is an old name of yours, add it to servers.old."),
    # the configuration file
    "config-empty": Remedy("refuse", "Restore the file from a backup, or let the user sign in anew."),
    "config-too-large": Remedy("refuse", _COPY_AND_ASK),
    "config-unreadable": Remedy("refuse", "Mend its owner and rights: the user must be able to read the file."),
    "config-link": Remedy(
        "refuse", "Put the file itself in the link's place: links and junctions in a profile are not followed."
    ),
    "config-not-a-file": Remedy("refuse", "Remove what lies in the file's place."),
    "config-foreign-owner": Remedy(
        "refuse", "Give the file to the user it configures (chown; on Windows: icacls FILE /setowner USER)."
    ),
    "config-broken": Remedy("refuse", _COPY_AND_ASK),
    "config-truncated": Remedy("refuse", "If nothing is missing in it, start and quit the client: it writes it anew."),
    "config-spelling": Remedy("refuse", _COPY_AND_ASK),
    "config-newer": Remedy("refuse", "Update smartfleet: this client writes its settings in a newer version."),
    "plain-text-password": Remedy(
        "refuse", "Start the client once so that it moves the password into the keyring, then audit again."
    ),
    # accounts
    "no-url": Remedy("refuse", "Remove the account in the client, or let the user sign in anew."),
    "both-servers": Remedy(
        "refuse",
        "Take the old account out, and go back to its folder if nothing is lost by it: smartfleet fix HOST",
    ),
    "accounts-collide": Remedy(
        "refuse", "Both would be the same account on the new server: remove one in the client, then audit again."
    ),
    "e2ee-no-session": Remedy(
        "refuse", "Move this profile while the user is logged in: the keys must be copied in the user's keyring."
    ),
    "client-missing": Remedy(
        "refuse", "Set the state of install.linux or install.windows in smartfleet.yml to present, or install it."
    ),
    # folders
    "folder-missing": Remedy(
        "refuse", "Mount or restore the folder (an external disk?); without it the client takes all files for deleted."
    ),
    "folder-link": Remedy("refuse", "Name the real folder in the client: links and junctions are not followed."),
    "folder-not-a-folder": Remedy("refuse", _MEND_PATH),
    "folder-relative": Remedy("refuse", _MEND_PATH),
    "folder-root": Remedy("refuse", _MEND_PATH),
    "folder-outside-home": Remedy(
        "refuse", "Give the user a folder of his own and let the client sync there: nobody else's home is entered."
    ),
    "folder-foreign-owner": Remedy(
        "refuse", "Give the folder to the user (chown; on Windows: icacls FOLDER /setowner USER), then audit again."
    ),
    "folder-unreadable": Remedy("refuse", "Mend the folder's rights: the user must be able to list it."),
    "folder-unseen": Remedy("refuse", "Audit again: the configuration changed while it was read."),
    "shared-folder": Remedy("refuse", "Two accounts sync one folder: remove one of them in the client."),
    # journals and servers
    "journal-odd": Remedy("refuse", _MEND_PATH),
    "journal-missing": Remedy("refuse", _START_ONCE),
    "journal-unreadable": Remedy("refuse", _ANEW),
    "journal-several-instances": Remedy("refuse", _START_ONCE),
    "other-instance": Remedy(
        "refuse",
        "The new server is not the one these files are from: clients would delete them. See `smartfleet doctor`.",
    ),
    "pending-edits": Remedy(
        "refuse", "Let the client upload them first, or use strategy move: it keeps the journal, and edits are safe."
    ),
    "fresh-unproven": Remedy(
        "refuse", "Use strategy move or reconnect: no proof that disk and server are equal can be given yet."
    ),
    # the host
    "transaction-misfit": Remedy("refuse", "Take the begun move back first: smartfleet rollback --limit HOST"),
    "macos-not-yet": Remedy("refuse", "Audit and verify work on macOS; a move is not offered yet."),
    # worth knowing
    "open-transaction": Remedy("warn", "Go on with it: smartfleet apply   or take it back: smartfleet rollback"),
    "instance-unknown": Remedy("warn", "The host proves it again before it changes anything. See `smartfleet doctor`."),
    "instance-unproven": Remedy("warn", "The journal knows no file yet, so the client would delete none."),
    "no-session": Remedy("warn", "Apply again when the user is logged in, or set move.on_missing_session: sign-in."),
    "keyring-locked": Remedy("warn", "Let the user unlock the keyring (log in with the password), then apply."),
    "keyring-absent": Remedy("warn", "Install a keyring (gnome-keyring or KWallet), or let the user sign in."),
    "secret-missing": Remedy("warn", "The user will be asked to sign in once."),
    "sign-in-needed": Remedy("warn", "Tell the users: the client will ask them to sign in once."),
    "e2ee-mnemonic": Remedy("warn", "Have the encryption's twelve words at hand, or use strategy move."),
    "client-unsafe": Remedy("warn", "Update the client before the move (install in smartfleet.yml, state: latest)."),
    "client-newer": Remedy("warn", "Name the newer version in install.windows, if all hosts shall have it."),
    "client-version-unknown": Remedy("warn", "See on the host what is installed; reinstall it there if it is broken."),
    "account-without-url": Remedy("warn", "The client ignores this account; it is left as it is."),
    "folder-paused": Remedy("warn", "It stays paused: the user goes on with it in the client."),
    "folder-unwalked": Remedy("warn", "Its size was not measured; the move does not need it."),
    "folder-bad-times": Remedy(
        "warn", "The client refuses these files: set their time (touch; on Windows: LastWriteTime)."
    ),
    "folder-conflicts": Remedy("warn", "Let the user clear up the conflict files; the move does not touch them."),
    "pending-uploads": Remedy("warn", "They are safe: the journal is kept, and the client uploads them afterwards."),
    # what `fix` mends, and why it does not
    **{code: Remedy("warn", do) for code, do in {**MENDED, **LEFT}.items()},
}


def reason(code: str, message: str) -> Refusal:
    """The reason `code`, with the remedy that belongs to it."""
    return Refusal(code=code, message=message, do=REMEDIES[code].do)

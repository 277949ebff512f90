"""What hosts may answer beside the plan's own reasons, each with what mends it.

Hosts send a remedy of their own where they know one that fits the case; these stand in where they do not.
"""

from __future__ import annotations

from smartfleet.checks.curereasons import BY_HAND
from smartfleet.checks.reasons import REMEDIES

_PLAN_AGAIN = "Audit the host and plan again."
_APPLY_AGAIN = "Apply again."
_RIGHTS = "See who may read and write there (owner, rights, a disk that is read only), then try again."
_JOURNAL = "Let the client run until it has synced once; then audit again."
_LOOK = "Audit again; if it stays so, look at the host: its disk, its load, its network homes."

HOST_REMEDIES: dict[str, str] = {
    # the host
    "state-failed": "Make room and mend the rights of the folder that remembers moves; see docs/safety.md.",
    "state-foreign": "Somebody else made the folder that remembers moves: look what is in it, then remove it.",
    "state-unread": "Mend the rights of the folder that remembers moves; see docs/safety.md. Then audit again.",
    "lock-held": "Wait until the other run is done; the message says who holds the host and until when.",
    "run-unfit": _PLAN_AGAIN,
    "out-of-space": "Make room on the host's disk, then apply again.",
    "no-permission": _RIGHTS,
    "not-admin": "Let the account that signs in become root, or make it an administrator.",
    "system-error": _LOOK,
    "facts-failed": _LOOK,
    "trees-failed": _LOOK,
    "timeout": _LOOK,
    "died": _LOOK,
    "failed": _LOOK,
    "too-much": "Look at the user's folders: names and configuration there are larger than any client writes.",
    "os-not-offered": "Move this user by hand.",
    "unknown-user": "Check the name; smartfleet status shows the users that were seen.",
    "user-unknown": _PLAN_AGAIN,
    # the profile on Windows
    "hive-missing": "The user's part of the registry is gone: let an administrator repair or remove the profile.",
    "hive-file": "Replace the link or folder in the place of NTUSER.DAT; nothing is loaded through one.",
    "hive-refused": "Let the user log on, or restart the host: another program holds the user's part of the registry.",
    "profile-gone": "Let an administrator repair the profile in Windows, or remove it if nobody needs it.",
    "profile-unread": "See the message; put Nextcloud's configuration on a disk of the host if it lies elsewhere.",
    "profile-registry": "Audit again while the user is logged on; then Windows tells where the configuration lies.",
    "profile-unusable": "Mend the profile, then audit the host and plan again.",
    "unseen-clients": "Let the account that signs in be an administrator; then audit again.",
    "unseen-sessions": "Let the account that signs in be an administrator; then audit again.",
    "unseen-products": "Let the account that signs in be an administrator; then audit again.",
    # paths
    "path-reparse": "Replace the junction or link by a folder, then audit and plan again.",
    "path-elsewhere": "Put the folder on a disk of the host itself: shares and devices are not worked on.",
    "path-relative": "Mend the folder's path in the client, then audit again.",
    "path-characters": "Rename what Windows takes for a device or a stream, then audit again.",
    "path-too-large": "Look what lies there: no client writes so large a file.",
    "file-in-use": "Find what has the file open (a backup, a virus scanner, another program), then apply again.",
    "file-changed": _APPLY_AGAIN,
    "not-a-file": "Look what lies in the file's place, then audit again.",
    "unreadable": _RIGHTS,
    # the configuration
    "config-changed": _PLAN_AGAIN,
    "config-missing": _PLAN_AGAIN,
    "config-foreign": "Give the file to the user it configures, then audit and plan again.",
    "config-unknown": _PLAN_AGAIN,
    "config-value": _PLAN_AGAIN,
    # folders and journals
    "folder-unknown": _PLAN_AGAIN,
    "folder-slow": "Its size was not measured; the move does not need it.",
    "journal-busy": "The client writes the journal: audit again, or later.",
    "journal-damaged": _JOURNAL,
    "journal-file": _JOURNAL,
    "journal-name": _JOURNAL,
    "journal-unread": _JOURNAL,
    "manifest-damaged": "What was noted down before the move cannot be read: verify at level journal.",
    # the server
    "old-redirects": "Let the old name serve the Nextcloud itself until all clients have moved: no redirect.",
    # the client and the session
    "client-running": _APPLY_AGAIN,
    "client-will-not-stop": "Have the user quit the client and see what it waits for, then apply again.",
    "client-not-found": "Install the client, or let the move do it (install in smartfleet.yml), then apply again.",
    "client-did-not-stay": "Have the user start the client and see what it says, then apply again.",
    "keyring-refused": "Have the user log out and in again, then apply again.",
    "user-part-failed": "Have the user log off and on again, then apply again; the message says what was refused.",
    "user-part-silent": "The user's session did not answer: have the user unlock it or log on again, then apply again.",
    # the move
    "strategy-not-offered": "Plan with strategy move.",
    "order-inconsistent": _PLAN_AGAIN,
    "profiles-incomplete": _PLAN_AGAIN,
    "not-prepared": _APPLY_AGAIN,
    "nothing-to-resume": _PLAN_AGAIN,
    "open-transaction-undone": _PLAN_AGAIN,
    "proof-failed": "The old state is back. See the proofs: smartfleet show HOST; then plan and apply again.",
    "undo-failed": "Take it back by hand or again: smartfleet rollback --limit HOST; the backup lies on the host.",
    "sign-in": "Tell the user: the client asks for the password once.",
    "no-transaction": "Nothing is to be done here.",
    "nothing-to-undo": "Nothing is to be done here.",
    # telling users
    "notice-unfit": "Shorten notices.text in smartfleet.yml, and leave out of it what is no plain text.",
    "no-notifications": "Write to this user instead: smartfleet notify --out DIR; or let the desktop show notices.",
    "notices-failed": "See what Windows says of its sessions (quser), then tell the users again.",
    "no-buttons": "The user was told and could not answer, so the work goes on.",
    # cures
    "copy-own": "Have the user move these files to the original folder, then: smartfleet fix HOST",
    "original-incomplete": BY_HAND,
    "original-conflict": BY_HAND,
    "original-strange": BY_HAND,
    "trees-differ": BY_HAND,
    "repoint-unread": "Mend the rights of what the message names, then: smartfleet fix HOST",
    "journal-there": "Audit the host, then fix it again.",
    "nothing-to-purge": "Nothing is to be done here.",
    "copy-needed": "Keep the copy, or delete it by hand when nobody needs it.",
    "copy-purged": "Leave the account as it is; its folder holds everything.",
    "copy-incomplete": "Leave the account as it is; its folder holds everything.",
    "copy-name-taken": "Rename what lies there, then roll back.",
    "original-pending": "Let the client upload them, then roll back.",
    # installing
    "winget-missing": "Install App Installer there, or name an MSI in install.windows.",
    "winget-argument": "Correct install.windows.winget and install.windows.version.",
    "winget-slow": "See what it waits for on the host (winget install), then apply again.",
    "winget-failed": "See on the host what winget says, or name an MSI in install.windows.",
}


def remedy_of(code: str) -> str:
    """What mends the trouble that a host calls `code`; "" for a code that nobody knows."""
    known = REMEDIES.get(code)
    return HOST_REMEDIES.get(code) or (known.do if known else "")

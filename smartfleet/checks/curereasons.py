"""The reasons that have to do with `smartfleet fix`: what it mends, and why it leaves something as it is.

Hosts answer some of them too, after they have looked closer.
"""

from __future__ import annotations

_FIX = "smartfleet fix HOST"
BY_HAND = "Let the user say which folder is the right one. Both stay with: smartfleet fix HOST --only drop-account"
_SYNC_FIRST = "Let the client run until everything is uploaded, then: smartfleet fix HOST"

# what fix mends; worth knowing everywhere else
MENDED = {
    "second-copy": f"Go back to the original folder, if nothing is lost by it: {_FIX}",
    "journal-unnamed": f"Name it, so that it is found whatever the URL: {_FIX}",
    "client-stopped": f"Start it: {_FIX}",
    "sign-in-waits": f"Tell the user to sign in: {_FIX}",
}
# why fix leaves something as it is
LEFT = {
    "repoint-ambiguous": BY_HAND,
    "repoint-target": BY_HAND,
    "repoint-nested": BY_HAND,
    "repoint-name": "Rename the folder on the host, then audit again.",
    "repoint-virtual": BY_HAND,
    "repoint-encrypted": BY_HAND,
    "copy-paused": f"Let the user go on with the folder in the client until it has synced, then: {_FIX}",
    "copy-unproven": _SYNC_FIRST,
    "copy-pending": _SYNC_FIRST,
    "copy-unfit": "Set it aside by hand, in the client and on the disk.",
    "drop-pending": f"Let the old account upload them, or go back to its folder: {_FIX}",
    "drop-unproven": "Let the old account sync once more, or remove it in the client.",
}

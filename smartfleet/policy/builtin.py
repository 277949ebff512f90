"""The checks that smartfleet brings, in the order in which reports show them. Their ids are stable."""

from __future__ import annotations

from typing import Any

from smartfleet.policy.accounts import NEW_ACCOUNT, OLD_SERVER, SECOND_COPY, SHARED_FOLDER
from smartfleet.policy.cases import Check
from smartfleet.policy.clients import AUTOSTART, CLIENT_KNOWN_BAD, CLIENT_MISSING, CLIENT_RUNNING, CLIENT_TOO_OLD
from smartfleet.policy.folders import CONFLICT_FILES, FOLDER_MOVED, FOLDER_VERDICT, PENDING_UPLOADS, VERIFICATION_AGE
from smartfleet.policy.hosts import AUDIT_AGE, HOST_SEEN, HOST_TRUST
from smartfleet.policy.keyrings import OLD_SECRET, SIGNED_IN

BUILT_IN: tuple[Check[Any], ...] = (
    OLD_SERVER,
    OLD_SECRET,
    NEW_ACCOUNT,
    SECOND_COPY,
    FOLDER_MOVED,
    FOLDER_VERDICT,
    VERIFICATION_AGE,
    CONFLICT_FILES,
    PENDING_UPLOADS,
    CLIENT_MISSING,
    CLIENT_TOO_OLD,
    CLIENT_KNOWN_BAD,
    CLIENT_RUNNING,
    SIGNED_IN,
    AUTOSTART,
    SHARED_FOLDER,
    HOST_TRUST,
    HOST_SEEN,
    AUDIT_AGE,
)

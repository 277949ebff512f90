"""What the policy asks of a fleet, and what it was answered. Pass, fail, unknown or waived; unknown is no pass."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.assessment import Severity
from smartfleet.model.base import Document

Answer = Literal["pass", "fail", "unknown", "waived"]
Scope = Literal["host", "profile", "folder"]
Source = Literal["built-in", "own", "plugin"]
CheckId = Literal[
    "old-server",
    "old-secret",
    "new-account",
    "second-copy",
    "folder-moved",
    "folder-verdict",
    "verification-age",
    "conflict-files",
    "pending-uploads",
    "client-missing",
    "client-too-old",
    "client-known-bad",
    "client-running",
    "signed-in",
    "autostart",
    "shared-folder",
    "host-trust",
    "host-seen",
    "audit-age",
]
"""The checks that smartfleet brings, in the order of reports."""


class Waiver(Document):
    """Why a check that fails is accepted for a while. After `until` it fails again."""

    who: str = Field(description="who accepted it")
    why: str
    until: str = Field(description="the last day that it holds: 2026-12-31")


class CheckInfo(Document):
    """A check: what it asks and why. The texts are English, or as `smartfleet.yml` has them."""

    check: str = Field(description="stable id, for example old-server")
    title: str
    why: str
    do: str = Field(description="how to mend what it finds")
    severity: Severity
    scope: Scope
    source: Source = "built-in"


class CheckResult(Document):
    """An answer that is no pass."""

    check: str
    answer: Literal["fail", "unknown", "waived"]
    severity: Severity
    message: str = Field(description="what was found, in English")
    text: str = Field("", description='key of the message in the catalogs; "" where only `message` says it')
    values: dict[str, str] = Field(default_factory=dict, description="what stands in the places of that text")
    do: str = Field("", description="the next command or deed")
    do_text: str = Field("", description='key of `do` in the catalogs, with the same values; "" as for `text`')
    waiver: Waiver | None = Field(None, description="the one that holds, or the one that is over")


class CheckCount(Document):
    """How often a check was answered how, over the hosts, profiles or folders that it asks about."""

    check: CheckInfo
    passed: int = 0
    failed: int = 0
    unknown: int = 0
    waived: int = 0

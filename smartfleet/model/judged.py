"""What the store remembers of a host's judgement: the answers that are no pass, and the verdicts."""

from __future__ import annotations

from pydantic import Field

from smartfleet.model.assessment import ProfileState
from smartfleet.model.base import Document
from smartfleet.model.policy import Answer
from smartfleet.model.results import VerdictName

ByCheck = dict[str, Answer]
"""By the check's id. What was asked and is not in it passed."""


class JudgedFolder(Document):
    """A sync folder. Its login and what it syncs tell it from others, before a move and after it."""

    login: str
    target_path: str
    local_path: str
    verdict: VerdictName
    reason: str = Field("", description='of the verdict, of a drift only the damage; "" for a match')
    answers: ByCheck = Field(default_factory=dict)


class JudgedProfile(Document):
    """A profile with its folders."""

    user: str
    config_path: str
    state: ProfileState
    answers: ByCheck = Field(default_factory=dict)
    folders: list[JudgedFolder] = Field(default_factory=list)


class JudgedHost(Document):
    """A host as the policy judged it. Nothing in it changes by itself: no times, no counts of days."""

    host: str
    compliant: bool
    checks: list[str] = Field(default_factory=list, description="ids of the policy's checks; empty: not known")
    answers: ByCheck = Field(default_factory=dict)
    profiles: list[JudgedProfile] = Field(default_factory=list)

    @property
    def on_new_server(self) -> int:
        """Profiles whose accounts are all on the new server."""
        return sum(profile.state == "new" for profile in self.profiles)

    @property
    def on_old_server(self) -> int:
        """Profiles with an account on an old server."""
        return sum(profile.state in {"old", "both"} for profile in self.profiles)

"""Own checks and waivers: the items of `policy.checks` and `policy.waivers` in `smartfleet.yml`."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from smartfleet.expressions import Expression
from smartfleet.fleet.base import Settings
from smartfleet.model.asked import SUBJECTS, fields_of
from smartfleet.model.assessment import Severity
from smartfleet.model.policy import Scope
from smartfleet.text import visible

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def _id(text: str) -> str:
    if not _ID.fullmatch(text) or len(text) > 60:
        raise ValueError(f"{text!r} is no id of a check: write small letters, digits and -, such as disk-encrypted")
    return text


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"{text!r} is no day: write 2026-12-31") from None


def _plain(text: str) -> str:
    if visible(text) != text:
        raise ValueError("write it on one line, without control characters")
    return text


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("it must say something")
    return text


CheckName = Annotated[str, AfterValidator(_id)]
Day = Annotated[str, AfterValidator(_day)]
Line = Annotated[str, AfterValidator(_plain), Field(max_length=1000)]
Said = Annotated[Line, AfterValidator(_said)]


class OwnCheck(Settings):
    """A check of the fleet's own: an expression, or a function of an installed package."""

    id: CheckName
    title: Said
    why: Line = ""
    do: Line = ""
    severity: Severity = "warning"
    scope: Scope = "profile"
    fails_when: str = ""
    python: Line = ""

    @model_validator(mode="after")
    def _can_be_asked(self) -> OwnCheck:
        if bool(self.fails_when) == bool(self.python):
            raise ValueError(f"check {self.id} has either fails_when (an expression) or python (an entry point)")
        if self.fails_when:
            try:
                Expression(self.fails_when, fields_of(SUBJECTS[self.scope]))
            except ValueError as error:
                raise ValueError(f"fails_when of check {self.id}: {error}") from None
        return self


class WaiverSettings(Settings):
    """What is accepted although a check fails: where, who accepted it, why, and the last day that it holds."""

    check: Said
    hosts: list[Said] = Field(min_length=1)
    user: Line = ""
    who: Said
    why: Said
    until: Day

"""The keys below `policy:` in `smartfleet.yml`."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, field_validator, model_validator

from smartfleet.fleet.base import Settings
from smartfleet.fleet.own import OwnCheck, WaiverSettings
from smartfleet.guess import meant
from smartfleet.model.policy import CheckId
from smartfleet.nextcloud.versions import parse_version

_BUILT_IN: tuple[str, ...] = get_args(CheckId)


def _version(text: str) -> str:
    if text and not parse_version(text):
        raise ValueError(f"{text!r} is no version: write it as 3.16.7, in quotes")
    return text


Version = Annotated[str, AfterValidator(_version)]
Weight = Literal["error", "warning", "note", "skip"]


class PolicySettings(Settings):
    """What a compliant host is: severities, thresholds, own checks, waivers."""

    severities: dict[str, Weight] = Field(default_factory=dict)
    unseen_days: int = Field(30, ge=1, le=3650)
    audit_days: int = Field(30, ge=1, le=3650)
    verify_days: int | None = Field(None, ge=1, le=3650)
    pending_days: int = Field(7, ge=1, le=365)
    client_minimum: Version = ""
    client_bad: list[Version] = Field(default_factory=list)
    checks: list[OwnCheck] = Field(default_factory=list)
    waivers: list[WaiverSettings] = Field(default_factory=list)

    @field_validator("severities")
    @classmethod
    def _weigh_checks(cls, severities: dict[str, Weight]) -> dict[str, Weight]:
        for check in severities:
            if check not in _BUILT_IN:
                raise ValueError(f"there is no check {check!r}{meant(check, _BUILT_IN)}")
        return severities

    @model_validator(mode="after")
    def _names_fit(self) -> PolicySettings:
        problem = next(self._problems(), "")
        if problem:
            raise ValueError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        known = list(_BUILT_IN)
        for own in self.checks:
            if own.id in known:
                yield f"there is a check {own.id!r} already"
            known.append(own.id)
        for waiver in self.waivers:
            if not any(fnmatchcase(check, waiver.check) for check in known):
                yield f"a waiver is for a check {waiver.check!r}, and there is none{meant(waiver.check, known)}"

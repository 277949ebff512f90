"""Every key of `smartfleet.yml`, its type and its default; docs/fleet.md describes each (a test sees to it)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from smartfleet.durations import Duration
from smartfleet.fleet.base import Settings
from smartfleet.fleet.engines import EngineSettings
from smartfleet.fleet.policy import PolicySettings
from smartfleet.fleet.retention import RetentionSettings
from smartfleet.fleet.sending import SendingSettings
from smartfleet.fleet.windows import WindowsInstallSettings
from smartfleet.model.campaign import CampaignSettings
from smartfleet.model.plan import OnMissingSession, Strategy, VerifyLevel
from smartfleet.nextcloud.urls import normalize


def _server_url(text: str) -> str:
    """An http(s) URL of a Nextcloud: host, maybe a port and a path, nothing else."""
    if any(character.isspace() or not character.isprintable() for character in text):
        raise ValueError("a URL holds no blanks and no control characters")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(f"{text!r} is not a URL: its host or port cannot be read") from None
    if parts.scheme.lower() not in {"http", "https"}:
        raise ValueError(f"{text!r} does not begin with https:// (or http://)")
    if not parts.hostname or port == 0:
        raise ValueError(f"{text!r} names no host" if not parts.hostname else f"{text!r} has port 0")
    if "@" in parts.netloc:
        raise ValueError("a server's URL holds no user name and no password")
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise ValueError(f"{text!r} has a part after '?' or '#': write the server's address alone")
    normalize(text)
    return text


def _store_url(text: str) -> str:
    """A SQLAlchemy URL without a password: those belong into the environment or a password file."""
    if not text:
        return text
    try:
        parts = urlsplit(text)
        password = parts.password
    except ValueError:
        raise ValueError(
            "this is not a database URL, for example postgresql+psycopg://smartfleet@db/smartfleet"
        ) from None
    if not parts.scheme.startswith(("sqlite", "postgresql")):
        raise ValueError("a store is sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE")
    if password is not None:
        raise ValueError("no password belongs into this file: use PGPASSWORD or a pgpass file")
    return text


ServerUrl = Annotated[str, AfterValidator(_server_url)]
StoreUrl = Annotated[str, AfterValidator(_store_url)]


class Servers(Settings):
    """Which server the clients leave and which one they go to."""

    old: list[ServerUrl] = Field(min_length=1)
    new: ServerUrl


class MoveSettings(Settings):
    strategy: Strategy = "move"
    on_missing_session: OnMissingSession = "defer"


class VerifySettings(Settings):
    level: VerifyLevel = "journal"


class InstallSettings(Settings):
    """What to do with the client's package before the account is moved; never a downgrade."""

    package: str = Field("", pattern=r"^[A-Za-z0-9][A-Za-z0-9.+_:@/-]*$|^$")
    state: Literal["keep", "present", "latest"] = "keep"

    @model_validator(mode="after")
    def _has_a_name(self) -> InstallSettings:
        if self.state != "keep" and not self.package:
            raise ValueError(f"state {self.state} needs the name of the package")
        return self


class Install(Settings):
    linux: InstallSettings = InstallSettings(package="nextcloud-desktop")
    macos: InstallSettings = InstallSettings()
    windows: WindowsInstallSettings = WindowsInstallSettings()


class NoticeSettings(Settings):
    """What users read, and what they may put off."""

    language: Literal["de", "en"] = "en"
    text: str = Field("", max_length=2000)
    show: bool = Field(default=False, description="on the desktop of users whose account is about to be moved")
    postpone: int = Field(0, ge=0, le=20, description="how often a user may put the move off; 0 asks nobody")
    postpone_for: Duration = Field(14_400.0, gt=0, description="seconds that each time puts it off")
    deadline: str = Field("", description="from then on nobody is asked any more: 2026-12-31T18:00+01:00")
    answer_within: Duration = Field(60.0, ge=5, le=600, description="seconds to answer; silence means go ahead")

    @field_validator("deadline")
    @classmethod
    def _is_a_moment(cls, text: str) -> str:
        try:
            moment = datetime.fromisoformat(text) if text else None
        except ValueError:
            raise ValueError(f"{text!r} is no moment: write 2026-12-31T18:00+01:00") from None
        if moment and moment.tzinfo is None:
            raise ValueError(f"{text!r} names no time zone: write 2026-12-31T18:00+01:00")
        return text


class AnsibleSettings(Settings):
    forks: int = Field(20, ge=1, le=500)
    timeout: int = Field(15, ge=1, le=600, description="seconds to wait for a connection")


class FleetConfig(Settings):
    """The whole of `smartfleet.yml`."""

    servers: Servers
    move: MoveSettings = MoveSettings()
    verify: VerifySettings = VerifySettings()
    install: Install = Install()
    notices: NoticeSettings = NoticeSettings()
    campaign: CampaignSettings = CampaignSettings()
    policy: PolicySettings = PolicySettings()
    retention: RetentionSettings = RetentionSettings()
    sending: SendingSettings = SendingSettings()
    engines: EngineSettings = EngineSettings()
    store: StoreUrl = ""
    ansible: AnsibleSettings = AnsibleSettings()

"""The keys below `sending:` in `smartfleet.yml`."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from smartfleet.addresses import is_address
from smartfleet.fleet.base import Settings

After = Literal["audit", "apply", "verify", "rollback", "report"]
"""The verb of a run that has ended; `report` is what `report --send` sends."""
Attachment = Literal["json", "jsonl", "html", "csv", "xlsx", "junit", "markdown", "prometheus", "pdf"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SERVER = re.compile(r"[A-Za-z0-9.:-]{1,253}")


def is_local(host: str) -> bool:
    """Whether it is this machine itself, so that nothing crosses a network."""
    return host in {"localhost", "::1"} or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def _webhook_url(text: str) -> str:
    if any(character.isspace() or not character.isprintable() for character in text):
        raise ValueError("a URL holds no blanks and no control characters")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("this is no URL: its host or port cannot be read") from None
    if not host or port == 0 or parts.scheme not in {"http", "https"} or parts.fragment:
        raise ValueError("this is no URL to send to: write https://host/path")
    if "@" in parts.netloc:
        raise ValueError("no user name and no password belong into this file: receivers check the signature")
    if parts.scheme == "http" and not is_local(host):
        raise ValueError("what is sent crosses the network in the clear: write https://")
    return text


def _variable(text: str) -> str:
    if not _VARIABLE.fullmatch(text):
        # whoever wrote the secret itself here must not see it again in an error message
        raise ValueError("this is the name of an environment variable, such as SMARTFLEET_SECRET, not its value")
    return text


def _address(text: str) -> str:
    if not is_address(text):
        raise ValueError("this is no mail address: write name@example.org")
    return text


def _server(text: str) -> str:
    if not _SERVER.fullmatch(text):
        raise ValueError("this is no name of a mail server: write mail.example.org, and its port beside it")
    return text


WebhookUrl = Annotated[str, AfterValidator(_webhook_url)]
Variable = Annotated[str, AfterValidator(_variable)]
Address = Annotated[str, AfterValidator(_address)]
Server = Annotated[str, AfterValidator(_server)]


class _Target(Settings):
    """What all that can be sent to have in common."""

    after: list[After] = Field(default=["apply", "report"], min_length=1, description="what is told of")
    when: Literal["always", "trouble"] = "always"
    attach: list[Attachment] = Field(default_factory=list, description="forms of the report that go with it")
    redact: bool = Field(default=False, description="names of users and files are pseudonyms")
    language: Literal["de", "en"] = "en"


class WebhookSettings(_Target):
    """An address that gets JSON by POST, signed as https://www.standardwebhooks.com says."""

    url: WebhookUrl
    secret_from: Variable = Field(description="environment variable with the secret: whsec_ and base64")


class MailSettings(_Target):
    """People who get a mail, and the server that takes it."""

    server: Server
    port: int = Field(587, ge=1, le=65_535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    sender: Address
    to: list[Address] = Field(min_length=1, max_length=50)
    user: str = ""
    password_from: Annotated[str, AfterValidator(lambda text: _variable(text) if text else text)] = Field(
        "", description="environment variable with the password"
    )

    @model_validator(mode="after")
    def _is_safe(self) -> MailSettings:
        if bool(self.user) != bool(self.password_from):
            raise ValueError("user and password_from belong together")
        if self.tls == "none" and (self.user or not is_local(self.server)):
            raise ValueError("tls: none is for a server on this machine, without a password")
        return self


Target = WebhookSettings | MailSettings


class SendingSettings(Settings):
    """Where reports and the ends of runs are sent to, by names of the admin's."""

    webhooks: dict[str, WebhookSettings] = Field(default_factory=dict)
    mails: dict[str, MailSettings] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> SendingSettings:
        for name in [*self.webhooks, *self.mails]:
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name: use letters, digits and . _ -")
        both = self.webhooks.keys() & self.mails.keys()
        if both:
            raise ValueError(f"a webhook and a mail have the same name: {', '.join(sorted(both))}")
        return self

    @property
    def targets(self) -> dict[str, Target]:
        """All of them, webhooks first."""
        return {**self.webhooks, **self.mails}

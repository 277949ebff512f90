"""What is sent to webhooks and mailboxes, and what still waits to be. Schemas ``message/1`` and ``outbox/1``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from smartfleet.model.assessment import Finding
from smartfleet.model.base import Document
from smartfleet.model.policy import CheckCount
from smartfleet.model.report import Headline
from smartfleet.model.results import OutcomeName, VerdictName

MessageState = Literal["waiting", "sending", "sent", "given-up"]


class HostTrouble(Document):
    """A host that somebody has to look at."""

    host: str
    trouble: OutcomeName | Literal["drift"]
    code: str = Field("", description="the stable reason")


class RunNews(Document):
    """A run that has ended."""

    about: Literal["run"] = "run"
    fleet: str
    run: str
    verb: str
    state: str = Field(description="how it ended: done, waiting, interrupted, stopped, failed")
    started: float
    finished: float
    admin: str
    hosts: int
    outcomes: dict[OutcomeName, int] = Field(description="profiles by outcome")
    verdicts: dict[VerdictName, int] = Field(description="folders by verdict")
    troubles: list[HostTrouble] = Field(description="the first 100")
    more_troubles: int = Field(0, description="hosts with trouble that are not listed")
    next: str = Field("", description="the next command")


class ReportNews(Document):
    """The figures of a report; the report itself is attached where that was asked for."""

    about: Literal["report"] = "report"
    fleet: str
    created: float
    headline: Headline
    checks: list[CheckCount]
    warnings: list[Finding]


class Attached(Document):
    """A file that goes with a message."""

    name: str
    media_type: str
    content: str = Field(description="base64")


class Message(Document):
    """What a webhook gets as the field `data`, and what a mail is made of."""

    schema_: Literal["smartfleet.message/1"] = Field("smartfleet.message/1", alias="schema")
    created: float
    redacted: bool
    news: Annotated[RunNews | ReportNews, Field(discriminator="about")]
    attachments: list[Attached] = Field(default_factory=list)
    missing: list[str] = Field(default_factory=list, description="forms that were to be attached and could not be made")
    reached: list[str] = Field(default_factory=list, description="mail addresses that have it already")


class OutboxEntry(Document):
    """A message that was written down to be sent; times are seconds since the epoch."""

    id: str
    created: float
    target: str = Field(description="the name that it has below sending: in smartfleet.yml")
    kind: str = Field(description="report, or the verb of the run")
    state: MessageState
    attempts: int
    next_at: float = Field(description="not tried before; 0 for one that was sent or given up")
    trouble: str = Field("", description="why the last attempt failed")


class OutboxDocument(Document):
    """What `smartfleet outbox` shows."""

    schema_: Literal["smartfleet.outbox/1"] = Field("smartfleet.outbox/1", alias="schema")
    messages: list[OutboxEntry]

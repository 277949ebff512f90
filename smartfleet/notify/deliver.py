"""Tries what lies in the outbox: each message once, and what fails again later, at growing distances."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from smartfleet.fleet.sending import MailSettings, SendingSettings, WebhookSettings
from smartfleet.model.sending import Message
from smartfleet.notify import smtp
from smartfleet.notify.deadline import within
from smartfleet.notify.mail import mail_of
from smartfleet.notify.notsent import NotSent, secret_of
from smartfleet.notify.patience import PATIENCE, PAUSES
from smartfleet.store.outbox import Taken, new_id
from smartfleet.words import Language, Words

_SECONDS = 20.0
"""For a single answer of the receiver."""
_MOST = 300.0
"""Seconds for an attempt; the message belongs to this process for longer."""


class Box(Protocol):
    """The part of the store that messages lie in."""

    def due_messages(self, now: float) -> list[str]: ...

    def take_message(self, name: str, now: float, *, at_once: bool = False) -> Taken | None: ...

    def message_sent(self, name: str, now: float) -> None: ...

    def message_failed(self, name: str, trouble: str, next_at: float | None, left: Message | None = None) -> None: ...


@dataclass(frozen=True)
class Tried:
    """What became of a message. `trouble` is "" for one that was sent; `next_at` is None for one that was given up."""

    id: str
    target: str
    kind: str
    trouble: str = ""
    next_at: float | None = None


@dataclass(frozen=True)
class Sender:
    """To the targets of a fleet. `environment` holds the secrets; `words` are the catalogs of a language."""

    settings: SendingSettings
    box: Box
    words: Callable[[Language], Words]
    environment: Mapping[str, str] = field(repr=False)
    now: Callable[[], float] = time.time
    seconds: float = _SECONDS
    most: float = _MOST

    def due(self) -> Iterator[Tried]:
        """All whose time has come."""
        return self._try(self.box.due_messages(self.now()), at_once=False)

    def named(self, names: Collection[str]) -> Iterator[Tried]:
        """These, whether their time has come or not; also what was given up."""
        return self._try(names, at_once=True)

    def once(self, target: str, kind: str, message: Message) -> Tried:
        """What the box cannot take: it is sent now, or never."""
        taken = Taken(new_id(), target, kind, message.created, 1, message.model_dump_json())
        failure = self._attempt(taken)
        return Tried(taken.id, target, kind, str(failure) if failure else "")

    def _try(self, names: Collection[str], *, at_once: bool) -> Iterator[Tried]:
        # whoever waits for the run to end need not wait for the same silence with each message
        silent: dict[str, str] = {}
        for name in names:
            taken = self.box.take_message(name, self.now(), at_once=at_once)
            if taken is None:
                continue
            if taken.target in silent:
                yield self._keep(taken, NotSent(silent[taken.target]))
                continue
            began = time.monotonic()
            tried = self._send(taken)
            if tried.trouble and time.monotonic() - began >= self.seconds:
                silent[taken.target] = tried.trouble
            yield tried

    def _send(self, taken: Taken) -> Tried:
        try:
            failure = self._attempt(taken)
        except KeyboardInterrupt:
            self.box.message_failed(taken.id, "it was cut off", self.now())
            raise
        if failure:
            return self._keep(taken, failure)
        self.box.message_sent(taken.id, self.now())
        return Tried(taken.id, taken.target, taken.kind)

    def _attempt(self, taken: Taken) -> NotSent | None:
        """Why it did not reach its receiver; None where it did."""
        try:
            within(self.most, lambda: self._hand_over(taken))
        except NotSent as failure:
            return failure
        except Exception as error:  # noqa: BLE001 - what cannot be sent must not keep back what comes after it
            return NotSent(f"it cannot be sent: {type(error).__name__}")
        return None

    def _hand_over(self, taken: Taken) -> None:
        target = self.settings.targets.get(taken.target)
        if isinstance(target, WebhookSettings):
            self._post(taken, target)
        elif isinstance(target, MailSettings):
            self._mail(taken, target)
        else:
            raise NotSent("smartfleet.yml names no such target any more", final=True)

    def _post(self, taken: Taken, target: WebhookSettings) -> None:
        # it brings an HTTP client, which takes a while, and most commands find nothing to send
        from smartfleet.notify import webhook  # noqa: PLC0415

        key = webhook.key_of(secret_of(self.environment, target.secret_from))
        body = webhook.body_of(taken.message)
        signed = webhook.headers(taken.id, key, body, self.now())
        webhook.post(target.url, body, signed, self.seconds)

    def _mail(self, taken: Taken, target: MailSettings) -> None:
        password = secret_of(self.environment, target.password_from) if target.user else ""
        mail = mail_of(taken.message, taken.id, taken.target, target, self.words(target.language))
        to = [address for address in target.to if address not in taken.message.reached]
        if to:
            smtp.hand_over(target, password, mail, to, self.seconds)

    def _keep(self, taken: Taken, failure: NotSent) -> Tried:
        now = self.now()
        late = now - taken.created > PATIENCE
        pause = PAUSES[min(taken.attempts, len(PAUSES)) - 1]
        next_at = None if failure.final or late else now + pause
        left = None
        if failure.reached:
            left = taken.message.model_copy(update={"reached": [*taken.message.reached, *failure.reached]})
        self.box.message_failed(taken.id, str(failure), next_at, left)
        return Tried(taken.id, taken.target, taken.kind, str(failure), next_at)

"""A keyring: one collection of secrets found by attributes, which can be locked. In memory, never on a disk."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


class LockedError(Exception):
    """The keyring is locked, and nobody is there to type its password."""


@dataclass
class Secret:
    """One entry. The client's have the attributes ``user`` (the key name), ``server`` (Nextcloud) and ``type``."""

    number: int
    label: str
    attributes: dict[str, str]
    value: bytes
    content_type: str
    created: int
    modified: int


@dataclass
class Keyring:
    """The default collection of a session."""

    locked: bool = False
    secrets: dict[int, Secret] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def search(self, attributes: dict[str, str]) -> list[Secret]:
        """All entries that have these attributes; names can be read while the keyring is locked."""
        return [secret for secret in self.secrets.values() if attributes.items() <= secret.attributes.items()]

    def store(
        self, label: str, attributes: dict[str, str], value: bytes, content_type: str, *, replace: bool
    ) -> Secret:
        """Adds an entry, or replaces the one with exactly these attributes. LockedError while locked."""
        self._need_unlocked()
        now = int(time.time())
        if replace:
            for secret in self.secrets.values():
                if secret.attributes == attributes:
                    secret.label, secret.value, secret.content_type, secret.modified = label, value, content_type, now
                    return secret
        secret = Secret(next(self._numbers), label, attributes, value, content_type, now, now)
        self.secrets[secret.number] = secret
        return secret

    def read(self, number: int) -> Secret:
        """LockedError while locked, KeyError if there is no such entry."""
        secret = self.secrets[number]
        self._need_unlocked()
        return secret

    def delete(self, number: int) -> None:
        self._need_unlocked()
        del self.secrets[number]

    def _need_unlocked(self) -> None:
        if self.locked:
            raise LockedError

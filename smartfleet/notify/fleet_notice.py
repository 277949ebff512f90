"""A notice as one fleet writes it: its servers, its language, its sentence, its rules for putting the move off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from smartfleet.fleet.schema import FleetConfig
from smartfleet.model.notices import NoticeKind
from smartfleet.notify.deferral import deadline_of
from smartfleet.notify.write import About, Writer, Written
from smartfleet.words import Language


class FleetNotice:
    """Of one kind. `templates` as for `Writer`; without a language in the fleet's own."""

    def __init__(
        self, config: FleetConfig, templates: Path, kind: NoticeKind, language: Language | None = None, when: str = ""
    ) -> None:
        self.kind = kind
        self.language: Language = language or config.notices.language
        self._config = config
        self._when = when
        self._writer = Writer(templates, self.language)

    def write(self, computers: Sequence[str] = (), folders: Sequence[str] = (), *, left: int | None = None) -> Written:
        """For somebody with these computers and folders, who may put the move off `left` times; without it as any."""
        settings = self._config.notices
        about = About(
            old=self._config.servers.old[0],
            new=self._config.servers.new,
            computers=computers,
            folders=folders,
            when=self._when,
            sentence=settings.text,
            left=settings.postpone if left is None else left,
            pause=settings.postpone_for,
            deadline=deadline_of(settings),
            answer_within=settings.answer_within,
        )
        return self._writer.write(self.kind, about)

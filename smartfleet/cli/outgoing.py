"""Messages as one target wants them: in its language, with or without names, with the report's forms attached."""

from __future__ import annotations

import base64
import io
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from smartfleet.cli.output import say
from smartfleet.fleet.redact_key import redact_key
from smartfleet.fleet.sending import Attachment, Target
from smartfleet.model.report import ReportData
from smartfleet.model.sending import Attached, Message, ReportNews, RunNews
from smartfleet.notify.news import report_news
from smartfleet.paths import data_folder
from smartfleet.report.pseudonyms import Pseudonyms
from smartfleet.report.redact import redact
from smartfleet.report.writers import FORMS
from smartfleet.words import Language, Words, load_words

_ODD = re.compile(r"[^A-Za-z0-9._-]+")


@cache
def words_of(language: Language) -> Words:
    return load_words(language, data_folder("templates"))


@dataclass
class Outgoing:
    """Makes messages of one moment. The report is built when the first target wants something of it.

    `state` is the fleet's state folder, where the key of its pseudonyms lies.
    """

    state: Path
    report: Callable[[], ReportData]

    def of_run(self, news: RunNews, target: Target) -> Message:
        if target.redact:
            news = news.model_copy(update={"admin": self._pseudonyms.person(news.admin)})
        return self._message(news, target, target.attach)

    def of_report(self, target: Target) -> Message:
        return self._message(report_news(self._data(names=not target.redact)), target, target.attach)

    def _message(self, news: RunNews | ReportNews, target: Target, attach: Sequence[Attachment]) -> Message:
        created = news.created if isinstance(news, ReportNews) else news.finished
        redacted = target.redact or (isinstance(news, ReportNews) and self._full.redacted)
        attached = {form: self._attempted(form, target) for form in attach}
        return Message(
            created=created,
            redacted=redacted,
            news=news,
            attachments=[one for one in attached.values() if one],
            missing=[form for form, one in attached.items() if one is None],
        )

    def _attempted(self, form: Attachment, target: Target) -> Attached | None:
        """None where it cannot be made: that must not keep anybody from hearing what became of a run."""
        try:
            return self._attached(form, target)
        except Exception as error:  # noqa: BLE001 - see above
            say(f"{form} cannot be attached: {error or type(error).__name__}")
            return None

    def _attached(self, form: Attachment, target: Target) -> Attached:
        data, out = self._data(names=not target.redact), io.BytesIO()
        FORMS[form].write(data, out, words_of(target.language))
        day = time.strftime("%Y-%m-%d", time.localtime(data.created))
        fleet = _ODD.sub("_", data.fleet).strip("._") or "fleet"
        return Attached(
            name=f"{fleet}-{day}{FORMS[form].suffix}",
            media_type=FORMS[form].media_type,
            content=base64.b64encode(out.getvalue()).decode("ascii"),
        )

    def _data(self, *, names: bool) -> ReportData:
        return self._full if names else self._redacted

    @cached_property
    def _full(self) -> ReportData:
        return self.report()

    @cached_property
    def _redacted(self) -> ReportData:
        return self._full if self._full.redacted else redact(self._full, self._pseudonyms, words_of("en"))

    @cached_property
    def _pseudonyms(self) -> Pseudonyms:
        return Pseudonyms(redact_key(self.state))

"""A message as a mail: what happened in words, the report's files attached. Pure.

Names that hosts told and what an admin wrote are put in with invisible characters made visible, so that no header and
no line can be smuggled in.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from smartfleet.fleet.sending import MailSettings
from smartfleet.model.policy import CheckCount
from smartfleet.model.sending import HostTrouble, Message, ReportNews, RunNews
from smartfleet.notify.words import moment
from smartfleet.text import visible
from smartfleet.words import Words

_LONGEST_SUBJECT = 200


def mail_of(message: Message, name: str, target: str, settings: MailSettings, words: Words) -> EmailMessage:
    """`name` is the message's id: mail programs know a second copy by it."""
    news = message.news
    told = _run(news, words) if isinstance(news, RunNews) else _report(news, words)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.to)
    mail["Subject"] = _subject(news, words)[:_LONGEST_SUBJECT]
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.created, UTC))
    mail["Message-ID"] = f"<{name}@{settings.sender.rpartition('@')[2]}>"
    # so that nobody's absence notice answers
    mail["Auto-Submitted"] = "auto-generated"
    text = "\n".join([*told, *_end(message, target, words), ""])
    mail.set_content(text, charset="utf-8", cte="quoted-printable")
    for one in message.attachments:
        main, _, sub = one.media_type.partition("/")
        mail.add_attachment(base64.b64decode(one.content), maintype=main, subtype=sub, filename=one.name)
    return mail


def _subject(news: RunNews | ReportNews, words: Words) -> str:
    fleet = visible(news.fleet)
    if isinstance(news, ReportNews):
        return words("mail.report.subject", fleet=fleet, **_hosts(news))
    count = len(news.troubles) + news.more_troubles
    key = "subject" if not count else "trouble-one" if count == 1 else "trouble"
    return words(f"mail.run.{key}", fleet=fleet, count=count, **_what(news, words))


def _what(news: RunNews, words: Words) -> dict[str, str]:
    """`verb` begins the line, or the subject, in every language."""
    verb = words.get(f"mail.verb.{news.verb}") or visible(news.verb)
    return {"verb": verb, "state": words.get(f"mail.state.{news.state}") or visible(news.state)}


def _hosts(news: ReportNews) -> dict[str, int]:
    return {"compliant": news.headline.hosts_compliant, "hosts": news.headline.hosts}


def _run(news: RunNews, words: Words) -> Iterator[str]:
    head = words("mail.run.head", fleet=visible(news.fleet), hosts=news.hosts, **_what(news, words))
    yield f"{head[:1].upper()}{head[1:]}"
    yield words(
        "mail.run.when",
        started=_moment(news.started, words),
        finished=_moment(news.finished, words),
        admin=visible(news.admin),
        run=visible(news.run),
    )
    yield from _counts(
        "mail.run.outcomes", [(f"outcome.{name}", count) for name, count in news.outcomes.items()], words
    )
    yield from _counts(
        "mail.run.verdicts", [(f"verdict.{name}", count) for name, count in news.verdicts.items()], words
    )
    if news.troubles:
        yield from ("", words("mail.run.troubles"))
        yield from (f"  {visible(one.host)}: {_trouble(one, words)}" for one in news.troubles)
        if news.more_troubles:
            yield f"  {words('mail.run.more', count=news.more_troubles)}"
    if news.next:
        yield from ("", words("mail.run.next", command=visible(news.next)))


def _counts(head: str, counts: Sequence[tuple[str, int]], words: Words) -> Iterator[str]:
    if counts:
        yield from ("", words(head))
        yield from (f"  {words(f'report.{key}')}: {count}" for key, count in counts)


def _trouble(one: HostTrouble, words: Words) -> str:
    what = words("mail.run.drift" if one.trouble == "drift" else f"report.outcome.{one.trouble}")
    return f"{what} ({visible(one.code)})" if one.code else what


def _report(news: ReportNews, words: Words) -> Iterator[str]:
    yield words("mail.report.head", fleet=visible(news.fleet), moment=_moment(news.created, words))
    yield ""
    yield words("mail.report.hosts", seen=news.headline.hosts_seen, **_hosts(news))
    yield words("mail.report.profiles", old=news.headline.on_old_server, profiles=news.headline.profiles)
    open_ = [count for count in news.checks if count.failed or count.unknown]
    yield ""
    yield words("mail.report.checks") if open_ else words("mail.report.none")
    yield from (f"  {_check(count, words)}" for count in open_)
    if news.warnings:
        yield from ("", words("mail.report.warnings", count=len(news.warnings)))


def _check(count: CheckCount, words: Words) -> str:
    # what a check of ours is called stands in the catalogs; an admin's own has one language
    title = words.get(f"checks.{count.check.check}.title") if count.check.source == "built-in" else ""
    return words(
        "mail.report.check",
        title=visible(title or count.check.title),
        failed=count.failed,
        unknown=count.unknown,
        waived=count.waived,
    )


def _end(message: Message, target: str, words: Words) -> Iterable[str]:
    yield ""
    if message.attachments:
        yield words("mail.attached", names=", ".join(one.name for one in message.attachments))
    if message.missing:
        yield words("mail.missing", names=", ".join(message.missing))
    if message.redacted:
        yield words("mail.redacted")
    yield words("mail.foot", target=target)


def _moment(when: float, words: Words) -> str:
    return moment(datetime.fromtimestamp(when, UTC).astimezone(), words.language)

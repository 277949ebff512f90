"""What `smartfleet notify` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from smartfleet.assess import assess
from smartfleet.campaign.notify import Notice, notify
from smartfleet.cli.codes import FAILED, INTERRUPTED, WAITING
from smartfleet.cli.opening import open_fleet, open_store
from smartfleet.cli.options import Format, become_password, confirm
from smartfleet.cli.output import emit, say, show_aside
from smartfleet.cli.session import campaign
from smartfleet.cli.work import hosts_of
from smartfleet.errors import UsageError
from smartfleet.fleet import Fleet
from smartfleet.model.notices import Letter, NoticeKind, NotifyDocument
from smartfleet.notify.addresses import read_addresses
from smartfleet.notify.fleet_notice import FleetNotice
from smartfleet.notify.letters import SUFFIX, Form, Person, persons, write_letters
from smartfleet.notify.recipients import Recipient, recipients
from smartfleet.paths import data_folder
from smartfleet.report import terminal
from smartfleet.store import Store
from smartfleet.text import number_of, visible
from smartfleet.words import Language


def command(
    *,
    kind: NoticeKind,
    folder: Path,
    limit: str | None,
    users: tuple[str, ...],
    form: Format,
    yes: bool,
    ask_become: bool,
    when: str,
    language: Language | None,
    out: Path | None,
    form_of_letters: Form,
    addresses: Path | None,
) -> int:
    fleet = open_fleet(folder)
    store = open_store(fleet)
    if kind == "ask-to-postpone" and out is None:
        raise UsageError(
            "notify/asked-by-apply",
            "users are asked by apply, right before their wave",
            do="set notices.postpone in smartfleet.yml; a letter about it: add --out DIR",
        )
    people = _recipients(fleet, store, kind, limit, users)
    notice = FleetNotice(fleet.config, data_folder("templates"), kind, language, when)
    if out is not None:
        known = read_addresses(addresses) if addresses else {}
        return _write(notice, persons(people, known), out, form_of_letters, form)
    show_aside(terminal.preview(notice.write([people[0].host], people[0].folders)))
    hosts = {one.host for one in people}
    if not confirm(f"Show this to {number_of(len(people), 'user')} on {number_of(len(hosts), 'host')}?", yes=yes):
        say("nobody was told")
        return 0
    notices: dict[str, list[Notice]] = {}
    for one in people:
        notices.setdefault(one.host, []).append(Notice.of(one.user, notice.write([one.host], one.folders)))
    with campaign(fleet, store, "notify", len(hosts), become_password(ask=ask_become)) as running:
        run, told = notify(running, notices)
    document = NotifyDocument(
        run=run,
        kind=kind,
        language=notice.language,
        interrupted=told.interrupted,
        notices=told.shown,
        untold=told.untold,
    )
    emit(form, document, [*told.shown, *told.untold], lambda: terminal.notices(document))
    return _code(document)


def _recipients(
    fleet: Fleet, store: Store, kind: NoticeKind, limit: str | None, users: Sequence[str]
) -> list[Recipient]:
    hosts = hosts_of(fleet, limit)
    assessed = (assess(host, taken, facts, fleet.config) for host, taken, facts in store.each_facts(hosts))
    found = recipients(kind, assessed, store.outcomes(hosts), users)
    strangers = [visible(user) for user in users if user not in {one.user for one in found}]
    if not found or strangers:
        raise UsageError(
            "notify/nobody",
            f"{kind} concerns {'none of ' + ', '.join(strangers) if strangers else 'no user there'}",
            do="smartfleet status shows who is known, smartfleet audit looks again",
        )
    return found


def _write(notice: FleetNotice, people: Sequence[Person], out: Path, form: Form, shown: Format) -> int:
    written = write_letters(out, people, form, lambda person: notice.write(person.hosts, person.folders))
    letters = [
        Letter(file=name, name=one.name, address=one.address, users=list(one.users), hosts=list(one.hosts))
        for name, one in written.items()
    ]
    document = NotifyDocument(kind=notice.kind, language=notice.language, letters=letters)
    emit(shown, document, letters, lambda: terminal.letters(document))
    say(f"nothing was sent: open the {SUFFIX[form]} files in {out}")
    return 0


def _code(document: NotifyDocument) -> int:
    """The worst first; a user who is not logged on waits as one whose host is offline does."""
    waits = any(one.state == "absent" for one in document.notices)
    failed = any(one.state == "failed" for one in document.notices)
    for one in document.untold:
        waits, failed = waits or one.outcome.startswith("waiting"), failed or not one.outcome.startswith("waiting")
    if document.interrupted:
        return INTERRUPTED
    return FAILED if failed else WAITING if waits else 0

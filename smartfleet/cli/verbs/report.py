"""What `smartfleet report` does."""

from __future__ import annotations

import os
import time
from pathlib import Path

from smartfleet.campaign.inventory import resolve
from smartfleet.campaign.moments import resolve_moment
from smartfleet.campaign.reporting import Since, report_data
from smartfleet.cli import evidence
from smartfleet.cli.codes import INTERRUPTED, of_report
from smartfleet.cli.opening import open_fleet, open_store
from smartfleet.cli.options import become_password
from smartfleet.cli.sending import send_report
from smartfleet.cli.work import look
from smartfleet.cli.writing import PrintedForm, bring_out, check_places
from smartfleet.fleet.redact_key import redact_key
from smartfleet.paths import data_folder
from smartfleet.report.pseudonyms import Pseudonyms
from smartfleet.report.redact import redact
from smartfleet.words import Language, load_words


def command(
    *,
    folder: Path,
    limit: str | None,
    form: PrintedForm,
    files: tuple[Path, ...],
    language: Language,
    since: str | None,
    hide: bool,
    send: bool,
    kept: Path | None,
    key: Path | None,
    checked: Path | None,
    signer: Path | None,
    fresh: bool,
    ask_become: bool,
) -> int:
    more = bool(files or send or fresh)
    evidence.check_options(folder=kept, key=key, hide=hide, checked=checked, signer=signer, more=more)
    if checked:
        evidence.check(checked, signer, form)
        return 0
    check_places(form, files)
    fleet = open_fleet(folder)
    store = open_store(fleet)
    compared = Since(resolve_moment(store, since, time.time()), limit is None) if since is not None else None
    interrupted = False
    if fresh:
        seen, _ = look(fleet, store, limit, (), become_password(ask=ask_become))
        interrupted = seen.interrupted
    templates = data_folder("templates")
    hosts = resolve(fleet.inventory, limit, folder=fleet.folder)
    data = report_data(fleet, store, hosts, os.environ, compared)
    if hide:
        data = redact(data, Pseudonyms(redact_key(fleet.state)), load_words("en", templates))
    words = load_words(language, templates)
    bring_out(data, form, files, words)
    if kept:
        evidence.keep(fleet, store, data, words, folder=kept, key=key)
    if send:
        send_report(fleet, store, data)
    return INTERRUPTED if interrupted else of_report(data)

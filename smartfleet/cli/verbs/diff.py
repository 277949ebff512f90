"""What `smartfleet diff` does."""

from __future__ import annotations

import os
import time
from pathlib import Path

from smartfleet.campaign.comparing import compare, judged_now
from smartfleet.campaign.inventory import resolve
from smartfleet.campaign.moments import resolve_moment
from smartfleet.cli.codes import DRIFT
from smartfleet.cli.opening import open_fleet, open_store
from smartfleet.cli.options import Format
from smartfleet.cli.output import emit
from smartfleet.errors import UsageError
from smartfleet.model.base import Document
from smartfleet.model.diff import DiffDocument, Moment
from smartfleet.paths import data_folder
from smartfleet.policy.judge import policy_of
from smartfleet.report import terminal
from smartfleet.report.changes import fell_back
from smartfleet.words import load_words


def command(*, before: str, after: str | None, folder: Path, limit: str | None, form: Format) -> int:
    fleet = open_fleet(folder)
    store = open_store(fleet)
    now = time.time()
    then = resolve_moment(store, before, now)
    later = resolve_moment(store, after, now) if after is not None else Moment(run="", at=now)
    if later.run and store.is_before(later.run, then.run):
        raise UsageError(
            "diff/backwards", "the second moment lies before the first one", do="name the earlier one first"
        )
    hosts = resolve(fleet.inventory, limit, folder=fleet.folder)
    policy = policy_of(fleet.config, load_words("en", data_folder("templates")), now)
    document = compare(
        store,
        then,
        later,
        {} if later.run else judged_now(fleet, store, policy, hosts, os.environ),
        names=[host.name for host in hosts],
        everything=limit is None,
    )
    emit(form, document, _items(document), lambda: terminal.diff(document))
    return DRIFT if fell_back(document) else 0


def _items(document: DiffDocument) -> list[Document]:
    return [*document.hosts_changed, *document.checks_changed, *document.folders_changed]

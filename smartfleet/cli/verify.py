"""`smartfleet verify`."""

from __future__ import annotations

from pathlib import Path

import click

from smartfleet.campaign.verify import Question
from smartfleet.cli.codes import of_verdicts
from smartfleet.cli.credentials import completer, load_credentials
from smartfleet.cli.options import (
    Format,
    become_option,
    become_password,
    fleet_option,
    format_option,
    limit_option,
    open_fleet,
    open_store,
    user_option,
)
from smartfleet.cli.output import emit, suggest
from smartfleet.cli.work import hosts_of, prove
from smartfleet.model.plan import VerifyLevel
from smartfleet.report import terminal


@click.command("verify", short_help="Prove that the sync folders are as they were.")
@fleet_option
@limit_option
@user_option
@format_option
@become_option
@click.option(
    "--level",
    type=click.Choice(["size", "content", "journal", "server"]),
    help="How closely: sizes and times, file contents, the client's journal, or the server too.",
)
@click.option(
    "--run", "before", default="", metavar="RUN", help="Compare with what this run noted down before it moved."
)
@click.option(
    "--credentials",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Ask the server from here: YAML with 'login: app password', mode 0600 or encrypted with Ansible Vault.",
)
def command(
    *,
    folder: Path,
    limit: str | None,
    users: tuple[str, ...],
    form: Format,
    ask_become: bool,
    level: VerifyLevel | None,
    before: str,
    credentials: Path | None,
) -> int:
    """Prove that the sync folders are as they were.

    A verdict for every folder: match, drift, or unknown with the reason. What the user changed since, what the client
    synced and what was lost are told apart. Changes nothing.
    """
    fleet = open_fleet(folder)
    store = open_store(fleet)
    wanted: VerifyLevel = level or ("server" if credentials else fleet.config.verify.level)
    if credentials and wanted != "server":
        raise click.UsageError("--credentials asks the server: use it with --level server")
    hosts = hosts_of(fleet, limit)
    asker = completer(fleet, store.facts(hosts), load_credentials(credentials)) if credentials else None
    question = Question(level=wanted, users=users, before=before, complete=asker)
    found, document = prove(fleet, store, hosts, question, become_password(ask=ask_become))
    emit(form, document, [*document.verdicts, *document.unreached], lambda: terminal.verdicts(document))
    suggest(fleet, "smartfleet report")
    return of_verdicts(found.verdicts, found.troubles, interrupted=found.interrupted)

"""What `smartfleet explain` does."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from smartfleet.errors import ConfigError
from smartfleet.helpdesk import journals_beside, read_config, write_new
from smartfleet.nextcloud.explain import Explanation, Servers, expected_journals, explain
from smartfleet.nextcloud.urls import normalize, same_server
from smartfleet.plan.diff import config_diff
from smartfleet.report.explanation import explanation_lines
from smartfleet.text import visible


def command(*, file: Path, old: str | None, new: str | None, out: Path | None, form: Literal["human", "json"]) -> int:
    servers = _servers(old, new)
    if out and servers is None:
        raise click.UsageError("--write needs --from OLD and --to NEW")
    data = read_config(file)
    found = explain(
        data, name=visible(str(file)), servers=servers, journals=journals_beside(file, expected_journals(data))
    )
    if out:
        found = _written(found, out)
    if form == "json":
        click.echo(found.document.shown_json(indent=2))
    else:
        diff = config_diff(data, found.new_data, str(file)) if found.new_data is not None else ""
        for line in explanation_lines(found.document, diff):
            click.echo(line)
    return 1 if any(finding.severity == "error" for finding in found.document.findings) else 0


def _servers(old: str | None, new: str | None) -> Servers | None:
    if old is None and new is None:
        return None
    if old is None or new is None:
        raise click.UsageError("a move needs both --from OLD and --to NEW")
    for option, url in (("--from", old), ("--to", new)):
        try:
            normalize(url)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint=option) from error
    if same_server(old, new):
        raise click.UsageError("--from and --to are the same server")
    return Servers(old, new)


def _written(found: Explanation, out: Path) -> Explanation:
    if found.new_data is None or found.document.move is None:
        reason = next(iter(found.document.findings), None)
        raise ConfigError(
            "config/nothing-to-write",
            f"nothing was written: {reason.message if reason else 'nothing is to be moved'}",
            do=(reason.do if reason else "") or "Look at the accounts without --write.",
        )
    write_new(out, found.new_data)
    move = found.document.move.model_copy(update={"written": visible(str(out))})
    return Explanation(found.document.model_copy(update={"move": move}), found.new_data)

"""What `smartfleet audit` does first: a worker imports Ansible and lists the inventory, while this imports the rest."""

from __future__ import annotations

from pathlib import Path

from smartfleet.cli.options import Format
from smartfleet.engines.ahead import Ahead


def command(
    *, folder: Path, limit: str | None, users: tuple[str, ...], form: Format, ask_become: bool, engine: str | None
) -> int:
    with Ahead(folder) as ahead:
        # the worker goes on meanwhile
        from smartfleet.cli.looking import look_at  # noqa: PLC0415

        return look_at(folder, ahead, limit=limit, users=users, form=form, ask_become=ask_become, engine=engine)

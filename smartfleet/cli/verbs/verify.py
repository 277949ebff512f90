"""What `smartfleet verify` does first: a worker imports Ansible, while this imports the rest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from smartfleet.cli.options import Format
from smartfleet.engines.ahead import Ahead

if TYPE_CHECKING:
    from smartfleet.model.plan import VerifyLevel


def command(
    *,
    folder: Path,
    limit: str | None,
    users: tuple[str, ...],
    form: Format,
    ask_become: bool,
    engine: str | None,
    level: VerifyLevel | None,
    before: str,
    credentials: Path | None,
) -> int:
    with Ahead(folder) as ahead:
        # the worker goes on meanwhile
        from smartfleet.cli.verifying import verify_at  # noqa: PLC0415

        return verify_at(
            folder,
            ahead,
            limit=limit,
            users=users,
            form=form,
            ask_become=ask_become,
            engine=engine,
            level=level,
            before=before,
            credentials=credentials,
        )

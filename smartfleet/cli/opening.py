"""Opens the fleet folder and the store that a command was given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartfleet.fleet import Fleet, load_fleet
from smartfleet.text import visible

if TYPE_CHECKING:
    from smartfleet.store import Store


def open_fleet(folder: Path, engine: str | None = None) -> Fleet:
    """The fleet with its warnings told. `engine`: what `--engine` names, for all of its sites."""
    fleet = load_fleet(folder)
    if engine is not None:
        engines = fleet.config.engines.everywhere(engine)
        fleet = replace(fleet, config=fleet.config.model_copy(update={"engines": engines}))
    for warning in fleet.warnings:
        click.echo(f"warning: {visible(warning)}", err=True)
    return fleet


def open_store(fleet: Fleet) -> Store:
    # a command may have something to begin before this is imported, which takes as long as many a command
    from smartfleet.store import Store  # noqa: PLC0415

    return Store.of_fleet(fleet.state, fleet.config.store)

"""`smartfleet plan`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from smartfleet.campaign.apply import moves, orders
from smartfleet.campaign.workspace import write_orders
from smartfleet.cli.options import (
    Format,
    fleet_option,
    format_option,
    limit_option,
    open_fleet,
    open_store,
    user_option,
)
from smartfleet.cli.output import emit, say, suggest
from smartfleet.cli.work import draw, hosts_of
from smartfleet.fleet import Fleet
from smartfleet.model.plan import Plan
from smartfleet.plan import save_plan
from smartfleet.report import terminal
from smartfleet.store import new_run


@click.command("plan", short_help="Show what a move would change, and save it as a plan.")
@fleet_option
@limit_option
@user_option
@format_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to; else in .smartfleet/plans.",
)
@click.option(
    "--orders",
    "orders_folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Also write what plain ansible-playbook needs to carry the plan out.",
)
def command(
    *,
    folder: Path,
    limit: str | None,
    users: tuple[str, ...],
    form: Format,
    out: Path | None,
    orders_folder: Path | None,
) -> None:
    """Show what a move would change, and save it as a plan.

    Rests on the last audit of each host and asks the new server who it is; no host is touched.
    """
    fleet = open_fleet(folder)
    store = open_store(fleet)
    hosts = hosts_of(fleet, limit)
    plan = draw(fleet, store, store.facts(hosts), hosts, users)
    path = out or default_path(fleet, plan)
    save_plan(plan, path)
    if orders_folder:
        write_orders(orders_folder, orders(new_run(), plan.hosts))
    emit(form, plan, plan.hosts, lambda: terminal.plan(plan))
    say(f"saved: {path}")
    if any(moves(host) for host in plan.hosts):
        suggest(fleet, f"smartfleet apply {shlex.quote(str(path))}")


def default_path(fleet: Fleet, plan: Plan) -> Path:
    plans = fleet.state / "plans"
    plans.mkdir(mode=0o700, parents=True, exist_ok=True)
    return plans / f"{plan.hash[:12]}.json"

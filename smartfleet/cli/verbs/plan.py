"""What `smartfleet plan` does."""

from __future__ import annotations

import shlex
from pathlib import Path

from smartfleet.campaign.orders import moves, orders
from smartfleet.cli.drawing import draw
from smartfleet.cli.opening import open_fleet, open_store
from smartfleet.cli.options import Format
from smartfleet.cli.output import emit, say, suggest
from smartfleet.cli.work import hosts_of
from smartfleet.engines.orders import write_orders
from smartfleet.fleet import Fleet
from smartfleet.model.plan import Plan
from smartfleet.plan import save_plan
from smartfleet.report import terminal
from smartfleet.store import new_run


def command(
    *,
    folder: Path,
    limit: str | None,
    users: tuple[str, ...],
    form: Format,
    out: Path | None,
    orders_folder: Path | None,
) -> None:
    fleet = open_fleet(folder)
    store = open_store(fleet)
    hosts = hosts_of(fleet, limit)
    plan = draw(fleet, store, store.each_facts(hosts), hosts, users, audited=store.audited())
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

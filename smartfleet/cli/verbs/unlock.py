"""What `smartfleet unlock` does."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from smartfleet.campaign.unlock import Unlocked, look, unlock
from smartfleet.cli.codes import FAILED, INTERRUPTED, WAITING
from smartfleet.cli.opening import open_fleet, open_store
from smartfleet.cli.options import Format, become_password, confirm
from smartfleet.cli.output import emit, say
from smartfleet.cli.session import campaign
from smartfleet.cli.work import hosts_of
from smartfleet.errors import UsageError
from smartfleet.model.campaign import Lock
from smartfleet.model.notices import HostLock, UnlockDocument, Untold
from smartfleet.report import terminal
from smartfleet.store import Store
from smartfleet.text import visible


def command(*, host: str, folder: Path, form: Format, yes: bool, ask_become: bool, force: bool) -> int:
    fleet = open_fleet(folder)
    store = open_store(fleet)
    if hosts_of(fleet, host) != [host]:
        raise click.UsageError("unlock works on one host, by its name in the inventory")
    held = next(iter(store.locks([host])), None)
    if held and not force:
        _refuse_alive(store, held)
    password = become_password(ask=ask_become)
    with campaign(fleet, store, "look", 1, password) as looking:
        seen = look(looking, host)
    if isinstance(seen, HostLock) and seen.state == "working" and not force:
        raise _at_work(host, seen)
    reserved = seen.run if isinstance(seen, HostLock) and seen.state == "removed" else ""
    if not held and not reserved:
        return _nothing_to_do(host, seen)
    if not confirm(_question(host, held, reserved), yes=yes):
        say("nothing was changed")
        return 0
    if held and not force:
        # somebody may have gone on with it while the question stood
        _refuse_alive(store, held)
    with campaign(fleet, store, "unlock", 1, password) as running:
        done = unlock(running, host, held, seen)
    document = _document(host, done)
    emit(form, document, [document], lambda: terminal.unlock(document))
    return _code(document)


def _refuse_alive(store: Store, held: Lock) -> None:
    if store.driver(held.run) is None:
        return
    raise UsageError(
        "unlock/run-alive",
        f"run {visible(held.run)} of {visible(held.admin)} on {visible(held.where)} works on {visible(held.host)}",
        why="two runs on one host would undo each other's work",
        do="wait for it, or stop it with Ctrl-C where it runs; if it is dead all the same, add --force",
    )


def _at_work(host: str, seen: HostLock) -> UsageError:
    whose = f" of run {visible(seen.run)}" if seen.run else ""
    return UsageError(
        "unlock/at-work",
        f"a module{whose} works on {visible(host)} now",
        why="it ends by itself, and keeps the host as long as it works",
        do=f"wait a few minutes, then: smartfleet unlock {shlex.quote(host)}",
    )


def _nothing_to_do(host: str, seen: HostLock | Untold) -> int:
    if isinstance(seen, Untold):
        say(f"the store holds no lock of {host}, and the host itself could not be asked: {seen.message}\ndo: {seen.do}")
        return _untold_code(seen)
    say(f"nothing keeps other runs away from {host}")
    return 0


def _question(host: str, held: Lock | None, reserved: str) -> str:
    runs = dict.fromkeys(name for name in (held.run if held else "", reserved) if name)
    whose = f" from run {' and run '.join(visible(name) for name in runs)}" if runs else ""
    return f"Take {visible(host)} away{whose}?"


def _document(host: str, done: Unlocked) -> UnlockDocument:
    found = done.on_host
    return UnlockDocument(
        run=done.run,
        host=host,
        interrupted=done.interrupted,
        lock=done.lock,
        on_host=found if isinstance(found, HostLock) else None,
        untold=found if isinstance(found, Untold) else None,
    )


def _code(document: UnlockDocument) -> int:
    if document.interrupted:
        return INTERRUPTED
    if document.untold:
        return _untold_code(document.untold)
    return FAILED if document.on_host and document.on_host.state in {"working", "kept"} else 0


def _untold_code(untold: Untold) -> int:
    return WAITING if untold.outcome.startswith("waiting") else FAILED

"""A few lab machines on the old server, audited and planned once, that go back to that state in a second.

For tests that carry the same plan out again and again, over real SSH, with something else going wrong each time.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.host import Connection, LabHost, LabUser, SignedIn, documents, secret_name
from smartfleet.lab.lab import Lab
from smartfleet.lab.workers.workers import Workers
from smartfleet.model.results import Outcome
from smartfleet.store import Store
from tests.integration.killing import Controller

FOLDER = "Nextcloud"


@dataclass(frozen=True)
class Seat:
    """A machine and its user, and the files as they were when the plan was made."""

    host: LabHost
    user: LabUser
    config: bytes
    journals: dict[str, int]

    @classmethod
    def furnish(cls, lab: Lab, name: str) -> Seat:
        """Signed in to the old name and synced, the client running."""
        person = f"user-{name}"
        password = lab.add_account(person)
        lab.put_all(person, documents(7, 4))
        host = lab.add_host(name)
        user = host.add_user(person)
        user.log_on()
        user.sign_in(SignedIn(lab.old_url, person, password, folders=(Connection(FOLDER),)))
        user.sync_once(FOLDER)
        user.start_client()
        user.wait_synced(FOLDER)
        journals = {path.name: path.stat().st_ino for path in (user.home / FOLDER).glob(".sync_*.db")}
        return cls(host, user, user.config.read_bytes(), journals)

    @property
    def state(self) -> Path:
        return self.host.root / "var/lib/smartfleet"

    def marks(self) -> list[Path]:
        return list(self.state.glob("runs/*/*/marks.jsonl"))

    def reset(self) -> None:
        """As it was when the plan was made: online, logged on, its client running."""
        self.host.set_listening(on=True)
        self.user.log_on()
        if self.user.is_client_running():
            self.user.quit_client()
        self.user.config.write_bytes(self.config)
        if self.state.is_file():
            self.state.unlink()
        shutil.rmtree(self.state, ignore_errors=True)
        target = secret_name(self.user.name, self.host.lab.new_url, 0)
        self.host.lab.call("forget_secret", host=self.host.name, user=self.user.name, key=target)
        self.user.start_client()
        self.user.wait_synced(FOLDER)

    def break_down(self) -> None:
        """From now on a move fails here at once: the host has no place to remember it."""
        self.state.touch()

    @property
    def touched(self) -> bool:
        """Whether a move was begun here."""
        return self.state.is_dir()

    def now(self) -> dict[str, Any]:
        """What counts of the machine, to be compared between two ways to get there."""
        folder = self.user.home / FOLDER
        runs = sorted(self.state.glob("runs/*/*"))
        return {
            "config": self.user.config.read_bytes(),
            "beside": sorted(path.name for path in self.user.config.parent.iterdir()),
            "secrets": self.user.secret_names(),
            "client": self.user.is_client_running(),
            "journals": {path.name: path.stat().st_ino for path in folder.glob(".sync_*.db")},
            "files": {
                str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(folder.rglob("*"))
                if path.is_file() and not path.name.startswith(".")
            },
            "remembered": [(path.name, sorted(one.name for one in path.iterdir())) for path in runs],
            "lock": (self.state / "lock").read_bytes() if (self.state / "lock").exists() else b"",
        }

    @property
    def moved(self) -> bool:
        return self.host.lab.new_url.encode() in self.user.config.read_bytes()


class Office:
    """The machines, their fleet folder with its plan, and a controller that commands are run with."""

    def __init__(self, lab: Lab, folder: Path, names: Iterable[str], *, workers: Workers | None = None) -> None:
        self.lab = lab
        self.folder = folder
        with ThreadPoolExecutor() as pool:
            self.seats = {seat.host.name: seat for seat in pool.map(partial(Seat.furnish, lab), names)}
        machines = [seat.host for seat in self.seats.values()]
        self.fleet = write_fleet(lab, machines, folder=folder / "fleet", workers=workers)
        self.controller = Controller(self.fleet, folder)
        self.plan = folder / "plan.json"
        for words in (("audit",), ("plan", "--out", str(self.plan))):
            done = self.controller.run(*words)
            assert done.code == 0, done.err
        self.controller.wait_clean()
        self._kept = folder / "planned"
        shutil.copytree(self._state, self._kept)

    @property
    def _state(self) -> Path:
        return self.fleet / ".smartfleet"

    def __getitem__(self, name: str) -> Seat:
        return self.seats[name]

    def reset(self) -> None:
        shutil.rmtree(self._state)
        shutil.copytree(self._kept, self._state)
        with ThreadPoolExecutor() as pool:
            list(pool.map(Seat.reset, self.seats.values()))

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = Store.of_fleet(self._state, "")
        try:
            yield store
        finally:
            store.close()

    def newest_run(self) -> str:
        """The newest run of apply; "" if none was begun."""
        with self.store() as store:
            return next((one.run for one in store.runs() if one.verb == "apply"), "")

    def outcomes(self, run: str) -> dict[str, tuple[str, str]]:
        """Outcome and code of each machine, as the store has them for a run."""
        with self.store() as store:
            return {one.host: (one.outcome, one.code) for one in store.outcomes(run=run)}

    def apply(self, *words: str) -> tuple[str, ...]:
        """The command that carries the plan out."""
        return ("apply", str(self.plan), "--yes", *words)

    def touched(self) -> list[str]:
        """The machines on which a move was begun."""
        return [name for name, seat in self.seats.items() if seat.touched]

    def moved(self) -> list[str]:
        return [name for name, seat in self.seats.items() if seat.moved]

    def remove(self) -> None:
        for seat in self.seats.values():
            seat.host.remove()


def told(outcome: Outcome) -> tuple[Any, ...]:
    """What an outcome must say however often its run was killed: all but seconds, and texts for people.

    Of the cookies nobody can say whether the try before removed them.
    """
    steps = [(step.step, step.state) for step in outcome.steps if step.step != "remove-cookies"]
    proofs = [(proof.proof, proof.state) for proof in outcome.proofs]
    return (outcome.host, outcome.user, outcome.outcome, outcome.code, outcome.changed, steps, proofs)


def known(office: Office, run: str) -> dict[str, Any]:
    """What the store says of a run at its end, without times, numbers of tries, and lines of the trail that say the
    same once more."""
    with office.store() as store:
        summary = store.run(run)
        assert summary
        return {
            "run": (summary.verb, summary.state, summary.hosts, summary.plan_hash),
            "outcomes": sorted(told(one) for one in store.outcomes(run=run)),
            "progress": sorted((one.host, one.wave, one.state, one.outcome, one.code) for one in store.progress(run)),
            "waves": [(one.number, one.name, one.hosts, one.state) for one in store.waves(run)],
            "verdicts": sorted((one.host, one.user, one.verdict) for one in store.verdicts(run=run)),
            "locks": store.locks(),
            "trail": dict.fromkeys(
                (one.event, one.verb, one.plan_hash, tuple(sorted(one.outcomes.items())), one.detail)
                for one in store.trail()
                if one.run == run and one.event != "resumed"
            ),
            "whole": store.check_trail().ok,
            "judged": store.judged(run=run),
            "facts": {host: [p.user for p in facts.profiles] for host, (_, facts) in store.facts().items()},
        }

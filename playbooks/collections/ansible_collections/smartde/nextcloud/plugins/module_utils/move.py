"""The move of one profile: gates, then a table of steps with marks, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Sequence

from . import asides, cureproofs, gates
from .configwrite import remove_cookies
from .desk import Keyring, Presence
from .dropped import run_as
from .order import Order
from .outcome import Proof
from .profile import Config, Profile, SyncFolder
from .qsettings import parse
from .transaction import Report, SkipStep, Step, StepError, Transaction, perform
from .undo import start_client

PREPARE = ("stop-client", "backup", "prove-cure", "manifest")
# What is taken back at once. A conflict file or another etag may be somebody's work of this very minute: told, no more.
FATAL = ("client-running", "config", "account-list", "journal", "disk", "folders", "aside")


@dataclass(frozen=True)
class Checks:
    """What the move asks of others.

    `instance` proves that the new URL is the server that the journals belong to: a detail, or StepError. `manifest`
    writes down the folders before the move. `proofs` asks whether everything is as it has to be afterwards.
    """

    instance: Callable[[Profile], str]
    manifest: Callable[[Profile, Sequence[SyncFolder]], str]
    proofs: Callable[[Profile, Sequence[SyncFolder], Presence], list[Proof]]


class Move:
    """The steps of one profile, bound to what they work on."""

    def __init__(self, profile: Profile, transaction: Transaction, checks: Checks) -> None:
        self.profile = profile
        self.transaction = transaction
        self.checks = checks
        self.sign_in: gates.SignIn | None = None
        self.proofs: list[Proof] = []
        self._backup_is_new = False

    def gate(self, *, begun: bool) -> list[Report]:
        """What must be true before the next step; StepError with the outcome if it is not."""
        names = ["check", "prove-instance"]
        work = [lambda: self._check(begun=begun), lambda: self.checks.instance(self.profile)]
        reports = []
        for name, run in zip(names, work):
            performed = perform(Step(name, run))
            self.transaction.reports.append(performed.report)
            reports.append(performed.report)
            if performed.error:
                raise performed.error
        return reports

    def prepare(self) -> None:
        self.transaction.run([step for step in self.steps() if step.name in PREPARE])

    def commit(self) -> None:
        self.transaction.run([step for step in self.steps() if step.name not in PREPARE])

    def steps(self) -> list[Step]:
        """Secrets and cookies come before the configuration: a client that somebody starts in between then finds
        either the old account whole or the new one whole, and a keyring that refuses leaves the file untouched.

        A process that goes on proves for itself, whatever was proven before: the answer holds its proofs.
        """
        began = self.transaction.began
        cured = bool(self.profile.order.cures)
        return [
            Step("stop-client", self._stop, again=lambda: not began("start-client")),
            Step("backup", self._backup, again=lambda: not began("write-config") and not self._backup_is_current()),
            *(self._proof_of_cure() if cured else ()),
            Step("manifest", self._manifest, again=lambda: self._backup_is_new),
            *(self._connection() if not cured else self._carrying()),
            Step("write-config", self._write_config),
            *self._setting_aside(),
            Step("start-client", self._start, again=_always),
            Step("prove", self._prove, again=_always),
        ]

    def _connection(self) -> list[Step]:
        return [
            Step("copy-secrets", self._copy_secrets, again=self._secrets_were_skipped),
            Step("remove-cookies", self._remove_cookies),
        ]

    def _proof_of_cure(self) -> list[Step]:
        """Anew until the file is written: the user may have worked since, in a folder that no backup looks at."""
        began = self.transaction.began
        return [
            Step(
                "prove-cure",
                lambda: cureproofs.prove(self.profile, self.transaction),
                again=lambda: not began("write-config") or self._is_unwritten(),
            )
        ]

    def _is_unwritten(self) -> bool:
        return self.profile.config().sha256 == self.profile.before().sha256

    def _carrying(self) -> list[Step]:
        """Before the configuration names the journal."""
        carried = any(aside.carry for aside in self.profile.order.aside)
        return [Step(asides.CARRY, lambda: asides.carry_journals(self.profile))] if carried else []

    def _setting_aside(self) -> list[Step]:
        """After the configuration: a client that is started in between must not find its folder missing."""
        aside = bool(self.profile.order.aside)
        return [Step("set-aside", lambda: asides.set_aside(self.profile))] if aside else []

    def _check(self, *, begun: bool) -> str:
        profile = self.profile
        if not begun:
            gates.check(profile)
        elif not self.transaction.began("write-config"):
            gates.check_folders(profile, profile.folders(profile.config()))
        self.sign_in = self._check_desk()
        return self.sign_in.message if self.sign_in else ""

    def _check_desk(self) -> gates.SignIn | None:
        """Why the user will have to sign in. Once the file may be written there is no waiting any more."""
        profile, copied = self.profile, self.transaction.ended("copy-secrets")
        if copied and copied.state == "end":
            return None
        presence = profile.desk.presence(profile.recorded())

        def ask() -> Keyring:
            return profile.desk.keyring(presence)

        if copied:
            return gates.obstacle(profile.order, presence, ask)
        return gates.check_desk(profile.order, presence, ask)

    def _secrets_were_skipped(self) -> bool:
        copied = self.transaction.ended("copy-secrets")
        return copied is not None and copied.state == "skip"

    def _stop(self) -> str:
        profile = self.profile
        recorded = profile.recorded()
        if recorded is None:
            recorded = profile.desk.presence()
            profile.record(recorded)
        if not profile.desk.running():
            if recorded.clients:
                return "it has ended"
            raise SkipStep("no client was running")
        return profile.desk.stop(profile.desk.presence(recorded))

    def _backup_is_current(self) -> bool:
        return self.profile.backup.is_current(self.profile.person)

    def _backup(self) -> str:
        profile = self.profile
        saved = profile.backup.make(profile.person, profile.sources(profile.folders(profile.config())))
        self._backup_is_new = True
        try:
            profile.settle()
        except ValueError as error:  # the client wrote something else when it quit than what the plan saw
            raise StepError("config-changed", str(error), gates.PLAN_AGAIN, outcome="refused") from error
        return f"{len(saved)} files, {sum(one.size for one in saved)} bytes"

    def _manifest(self) -> str:
        return self.checks.manifest(self.profile, self.profile.folders(self.profile.before()))

    def _copy_secrets(self) -> str:
        profile = self.profile
        if self.sign_in:
            raise SkipStep(self.sign_in.message)
        if not profile.order.secrets:
            raise SkipStep("the account keeps no secret in the keyring")
        presence = profile.desk.presence(profile.recorded())
        entries = profile.desk.keyring(presence).entries
        wanted = [copy for copy in profile.order.secrets if copy.source in entries]
        states = profile.desk.copy_secrets(presence, [(copy.source, copy.target) for copy in wanted])
        for copy, state in zip(wanted, states):
            if state == "missing" and copy.required:
                raise StepError("secret-missing", f"the keyring has no entry {copy.source}", gates.SIGN_IN)
        return f"{states.count('copied')} copied, {states.count('same')} there already"

    def _remove_cookies(self) -> str:
        removed = run_as(
            self.profile.person, remove_cookies, self.profile.config_path, list(self.profile.order.cookies)
        )
        if not removed:
            raise SkipStep("no cookies")
        return ", ".join(removed)

    def _write_config(self) -> str:
        """Right if nothing, everything or a client's own rewrite of everything has happened already."""
        profile = self.profile
        if profile.desk.running():
            raise StepError("client-running", "a client was started while the account was moved")
        before, current = profile.before(), profile.config()
        target = profile.target(before)
        if current.data == target:
            return "written before"
        if current.sha256 != before.sha256:
            return _require_moved(profile, current)
        return profile.replace_config(current, target)

    def _start(self) -> str:
        return start_client(self.profile)

    def _prove(self) -> str:
        profile = self.profile
        folders = profile.folders(profile.before())
        self.proofs = self.checks.proofs(profile, folders, profile.desk.presence(profile.recorded()))
        failed = [proof for proof in self.proofs if proof.state == "failed" and proof.proof in FATAL]
        if failed:
            raise StepError("proof-failed", "; ".join(f"{proof.proof}: {proof.detail}" for proof in failed))
        return f"{sum(proof.state == 'ok' for proof in self.proofs)} of {len(self.proofs)} proven"


def _always() -> bool:
    return True


def is_moved(order: Order, data: bytes) -> bool:
    """Whether every value of the order is the new one."""
    try:
        ini = parse(data)
        return all(
            (raw.decode() if raw is not None else None) == edit["new"]
            for edit in order.edits
            for raw in [ini.get_raw(edit["section"], edit["key"])]
        )
    except ValueError:
        return False


def _require_moved(profile: Profile, current: Config) -> str:
    if is_moved(profile.order, current.data):
        return "written before"
    raise StepError("config-changed", "nextcloud.cfg was changed while the account was moved", gates.PLAN_AGAIN)

"""Working on an emulated machine with the modules' shared code: its `Workplace`, and how its answers are spelled."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ansible_collections.smartde.nextcloud.plugins.module_utils.accounts import Folder
from ansible_collections.smartde.nextcloud.plugins.module_utils.desk import Desk, Presence
from ansible_collections.smartde.nextcloud.plugins.module_utils.folderproofs import compare_folders
from ansible_collections.smartde.nextcloud.plugins.module_utils.foldertrees import write_manifests
from ansible_collections.smartde.nextcloud.plugins.module_utils.hostwork import prove_instance
from ansible_collections.smartde.nextcloud.plugins.module_utils.locate import Located
from ansible_collections.smartde.nextcloud.plugins.module_utils.move import Checks
from ansible_collections.smartde.nextcloud.plugins.module_utils.ondisk import Disk, Place, PosixDisk
from ansible_collections.smartde.nextcloud.plugins.module_utils.outcome import Outcome, Proof
from ansible_collections.smartde.nextcloud.plugins.module_utils.people import Person
from ansible_collections.smartde.nextcloud.plugins.module_utils.profile import Profile
from ansible_collections.smartde.nextcloud.plugins.module_utils.proofs import Prover, ask_client
from ansible_collections.smartde.nextcloud.plugins.module_utils.transaction import Report, StepError

from smartfleet.lab.windows import clients
from smartfleet.lab.windows.attributes import READ_ONLY
from smartfleet.lab.windows.drive import NotOnDrive, same
from smartfleet.lab.windows.machine import WindowsMachine
from smartfleet.lab.windows.plays.desk import WindowsDesk
from smartfleet.lab.windows.plays.people import config_places, person

PLAN_AGAIN = "audit the host and plan again"
IN_USE = "find what has the file open (a backup, a virus scanner, another user's program), then apply again"


@dataclass(frozen=True)
class WindowsHost:
    """The module utils' `Workplace`."""

    machine: WindowsMachine
    stop_seconds: float
    start_seconds: float
    wait_seconds: float

    @property
    def root(self) -> str:
        return os.fspath(self.machine.root)

    @property
    def disk(self) -> Disk:
        return WindowsDisk(self.machine)

    def locate(self, user: str, config_path: str) -> Located:
        profile = next((one for one in self.machine.profiles() if one.user == user), None)
        if profile is None:
            raise StepError("user-unknown", f"there is no user {user}", "audit the host again", outcome="refused")
        for path, kind in config_places(self.machine, profile):
            if same(path, config_path):
                refuse_reparse(self.machine, path, cloud_too=True)
                return Located(person(self.machine, profile), os.fspath(self.machine.drive.real(path)), kind)
        message = f"{user} has no configuration {config_path}"
        raise StepError("config-unknown", message, PLAN_AGAIN, outcome="refused")

    def desk(self, found: Located) -> Desk:
        return WindowsDesk(self.machine, found.person.name, self.stop_seconds, self.start_seconds)

    def checks(self) -> Checks:
        trees = partial(compare_folders, seconds=self.start_seconds, ask_server=False)
        accounts = partial(_ask_client, self.machine, seconds=self.start_seconds)
        return Checks(prove_instance, write_manifests, Prover(trees, accounts).proofs)


@dataclass(frozen=True)
class WindowsDisk:
    """The module utils' `Disk`."""

    machine: WindowsMachine

    def place(self, folder: Folder) -> Place:
        path = folder.local_path.decode("utf-8", "replace")
        try:
            refuse_reparse(self.machine, path, cloud_too=False)
            real = os.fspath(self.machine.drive.real(path))
        except NotOnDrive as error:
            raise StepError("folder-missing", str(error), PLAN_AGAIN, outcome="refused") from error
        if folder.virtual_files == "wincfapi":
            return Place(real, self.machine.attributes.placeholder_test())
        return Place(real, folder.virtual_files)

    def require_writable(self, person: Person, path: str) -> None:
        """A file that is marked read-only cannot be replaced here, whatever its folder takes."""
        if self.machine.attributes.of(Path(path)) & READ_ONLY:
            raise StepError("no-permission", f"{path} is marked read-only", outcome="refused")
        PosixDisk().require_writable(person, path)

    def require_free(self, path: str) -> None:
        """Whoever holds a file here as Windows programs do has locked it with flock."""
        with Path(path).open("rb") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                message = f"{path} is open in another program"
                raise StepError("file-in-use", message, IN_USE) from None


def refuse_reparse(machine: WindowsMachine, path: str, *, cloud_too: bool) -> None:
    """StepError (refused) path-reparse: an administrator's process follows nothing that a user has laid."""
    point = machine.reparse_point(path, cloud_too=cloud_too)
    if point is not None:
        message = f"{machine.drive.spelled(point)} is a reparse point"
        raise StepError("path-reparse", message, "replace it by the folder itself", outcome="refused")


def spelled(machine: WindowsMachine, outcome: Outcome) -> Outcome:
    """An outcome whose texts name files as Windows does."""
    spell = machine.drive.spell_all
    return replace(
        outcome,
        message=spell(outcome.message),
        do=spell(outcome.do),
        backup=_state_path(machine, outcome.backup),
        steps=tuple(Report(one.step, one.state, one.seconds, spell(one.detail)) for one in outcome.steps),
        proofs=tuple(Proof(one.proof, one.state, spell(one.detail)) for one in outcome.proofs),
    )


def _state_path(machine: WindowsMachine, path: str) -> str:
    """A path of the shared code's state as it is called on the machine."""
    state = f"{machine.root / 'var/lib'}/"
    return "C:\\ProgramData\\" + path.removeprefix(state).replace("/", "\\") if path.startswith(state) else path


def _ask_client(machine: WindowsMachine, profile: Profile, presence: Presence, *, seconds: float) -> Proof:
    """Asked as a task in the user's session asks the client's named pipe."""
    folder = os.fspath(clients.runtime(machine, profile.person.name))
    return ask_client(profile, Presence({**presence.env, "XDG_RUNTIME_DIR": folder}), seconds=seconds)

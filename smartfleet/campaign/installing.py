"""Why an installation failed, told from what its module answered: exit codes of the Windows Installer, hash, source.

The codes are those of msiexec (Microsoft's list of MsiExec.exe error messages).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from smartfleet.campaign.trouble import Trouble, diagnose
from smartfleet.engines.answers import Answer, HostAnswers

_WINDOWS = frozenset({"ansible.windows.win_package", "smartde.nextcloud.win_winget"})
INSTALLERS = _WINDOWS | {"ansible.builtin.package"}
_BUSY = 1618

_HASH = re.compile(r"checksum for .* did not match", re.DOTALL)
_SHARE = re.compile(r"'\\\\[^']+' cannot be reached")


class _Cause(NamedTuple):
    code: str
    message: str
    do: str


_HASH_DIFFERS = _Cause(
    "install-hash-differs",
    "the MSI has another SHA-256 than the plan: it did not match",
    "find out who changed the file; if it is a new release, write its sha256 and version into smartfleet.yml",
)
_HELP = "see what the installer says there: msiexec /i MSI /l*v %TEMP%\\nextcloud.log"
_EXITS = {
    1601: _Cause("install-service", "the Windows Installer service cannot be reached", "start it: sc start msiserver"),
    1602: _Cause("install-cancelled", "somebody cancelled it at the machine", "tell the user, then apply again"),
    1603: _Cause(
        "install-failed",
        "a fatal error; often a file in use, a restart that is due, or no room on the disk",
        f"restart the machine and apply again; if that does not help, {_HELP}",
    ),
    _BUSY: _Cause(
        "install-busy",
        "another installation was running, however long it was waited for",
        "apply again when it is done, or wait longer: smartfleet_install_tries, smartfleet_install_delay",
    ),
    1619: _Cause("install-source", "the MSI could not be opened", "check the file that install.windows.msi names"),
    1620: _Cause("install-source", "the file is no MSI", "check the file that install.windows.msi names"),
    1625: _Cause(
        "install-forbidden",
        "a policy of this machine forbids it",
        "allow it in the group policy: Windows Installer, Turn off Windows Installer (DisableMSI)",
    ),
    1633: _Cause(
        "install-platform",
        "the MSI is for another kind of processor",
        "name the MSI for these hosts (x64, x86 or arm64) and plan them on their own: smartfleet plan --limit",
    ),
    1638: _Cause(
        "install-other-version",
        "another version of the same product is installed and is not replaced by this MSI",
        "audit again; if the other version is to go, remove it in the machine's settings first",
    ),
    1641: _Cause("install-restarted", "the installer restarted the machine", "apply again when it is back"),
}


def install_trouble(answer: Answer) -> Trouble:
    """Of an installation that failed. What the connection or the module itself says goes first where it has a cause."""
    code = answer.result.get("rc")
    if answer.state == "failed" and answer.action in _WINDOWS and code == _BUSY:
        return _told(_of_exit(_BUSY))
    found = diagnose(answer)
    if found.code not in {"task-failed", "module-failed"}:
        return found
    if answer.action != "ansible.windows.win_package":
        return Trouble("failed", "install-failed", found.message, found.do)
    if _HASH.search(answer.message):
        return _told(_HASH_DIFFERS)
    return _told(_of_exit(code) if isinstance(code, int) and code != 0 else _of_source(found.message))


def wants_restart(answers: HostAnswers) -> bool:
    """Whether an installer of this run asked for a restart (exit code 3010)."""
    return any(one.action in INSTALLERS and one.result.get("reboot_required") is True for one in answers.answers)


def _told(cause: _Cause) -> Trouble:
    return Trouble("failed", cause.code, f"the client was not installed: {cause.message}", cause.do)


def _of_exit(code: int) -> _Cause:
    known = _EXITS.get(code)
    if known:
        return known._replace(message=f"{known.message} (exit code {code})")
    return _Cause("install-failed", f"exit code {code}", f"`net helpmsg {code}` tells what it means; or {_HELP}")


def _of_source(said: str) -> _Cause:
    if _SHARE.search(said):
        return _Cause(
            "install-source",
            f"the share that holds the MSI cannot be reached ({said})",
            "let the machines' own accounts (Domain Computers) read the share, or offer the MSI by https",
        )
    return _Cause(
        "install-source",
        f"the MSI could not be fetched or read ({said})",
        "see on the machine what keeps the file away (certificate, proxy, firewall): curl.exe -I ADDRESS",
    )

"""What the answers of look.ps1 mean for a move. Pure."""

from __future__ import annotations

from smartfleet.connect.clock import skew
from smartfleet.connect.ladder import Answer, failed, warning
from smartfleet.connect.look import Look
from smartfleet.connect.windows.faults import RAISE_SHELLS, UNFILTER, add_administrator
from smartfleet.text import bytes_text, visible

OLDEST_POWERSHELL = (5, 1)
LITTLE_SPACE = 512 * 10**6
NO_SPACE = 64 * 10**6
FEW_SHELLS = 5
LITTLE_MEMORY_MB = 512
# what Windows 10 and Server 2016 set where nobody did
_UNLIMITED_MB = 2**31 - 1
_RIGHTS = "other users' profiles can be read and moved by an administrator alone"
_SCRIPTS_OFF = {"AllSigned", "Restricted"}


def rights(look: Look) -> Answer:
    user = visible(look.user or "the account")
    if look.administrator is None or look.elevated is None:
        return warning(
            "connect/rights-unknown",
            f"whoami did not tell what {user} may do",
            why=_RIGHTS,
            do="on the host, as that account: whoami /groups",
        )
    if not look.administrator:
        return failed(
            "connect/not-administrator",
            f"{user} is no local administrator",
            why=_RIGHTS,
            do=add_administrator(look.user or ""),
        )
    if not look.elevated:
        policy = f"; LocalAccountTokenFilterPolicy is {look.token_filter_policy or 'not set'}"
        return failed(
            "connect/uac-filtered",
            f"{user} is an administrator, but UAC filters its rights away over the network{policy}",
            why=_RIGHTS,
            do=f"on the host: {UNFILTER}",
        )
    return Answer(message=f"{user}, administrator")


def powershell(look: Look) -> Answer:
    version = look.powershell or ""
    shown = f"PowerShell {visible(version)}"
    if _version(version) < OLDEST_POWERSHELL:
        return failed(
            "connect/powershell-old",
            f"the host has {shown}; {OLDEST_POWERSHELL[0]}.{OLDEST_POWERSHELL[1]} is needed",
            why="Ansible's modules and ours do not run on it",
            do="install Windows Management Framework 5.1 there, or a newer Windows",
        )
    if look.language_mode != "FullLanguage":
        return failed(
            "connect/language-mode",
            f"{shown} runs in {visible(look.language_mode or 'an unknown language mode')}",
            why="AppLocker or App Control takes away what Ansible's modules need",
            do="allow this account's PowerShell in the policy: docs/windows.md, 'AppLocker and App Control'",
        )
    blocking = {look.machine_policy, look.user_policy} & _SCRIPTS_OFF
    if blocking:
        return warning(
            "connect/execution-policy",
            f"{shown}; a group policy sets the execution policy {visible(', '.join(sorted(map(str, blocking))))}",
            why="what is done as the user is a script file, which such a policy does not run",
            do="Group Policy, Windows PowerShell, 'Turn on Script Execution': allow local scripts (RemoteSigned)",
        )
    return Answer(message=f"{shown}, {visible(look.edition or '')}".rstrip(", "))


def quota(look: Look) -> Answer:
    shells, memory = look.max_shells_per_user, look.max_memory_per_shell_mb
    if shells is None or memory is None:
        return Answer("skipped", "the host does not tell its quotas", "connect/skipped")
    limit = "no limit of memory" if memory in {0, _UNLIMITED_MB} else f"{memory} MB per shell"
    message = f"{shells} shells per user, {limit}"
    if shells < FEW_SHELLS or 0 < memory < LITTLE_MEMORY_MB:
        return warning(
            "connect/quota-low",
            f"only {message}",
            why="a run opens a shell for each task, and large folders need memory",
            do=f"on the host: Set-Item WSMan:\\localhost\\Shell\\MaxMemoryPerShellMB 1024; {RAISE_SHELLS}",
        )
    return Answer(message=message)


def sqlite(look: Look) -> Answer:
    if look.winsqlite3:
        return Answer(message="winsqlite3.dll")
    return warning(
        "connect/sqlite-missing",
        "the host has no winsqlite3.dll"
        if look.winsqlite3 is False
        else "whether winsqlite3.dll is there is not known",
        why="the clients' journals are read with it; without it an audit cannot see what waits to be uploaded",
        do="it comes with Windows 10 1607, Server 2016 and newer; on the host: sfc /scannow",
    )


def disk(look: Look) -> Answer:
    drive = visible(look.system_drive or "the system drive")
    if look.disk_free is None:
        return warning(
            "connect/disk-unknown",
            f"the host did not tell how much is free on {drive}",
            why="backups need space",
            do="on the host: Get-PSDrive -PSProvider FileSystem",
        )
    message = f"{bytes_text(look.disk_free)} free on {drive}"
    if look.disk_free >= LITTLE_SPACE:
        return Answer(message=message)
    bad = failed if look.disk_free < NO_SPACE else warning
    return bad(
        "connect/disk-full",
        f"only {message}",
        why="configuration, journals and the list of files are kept there before anything is changed",
        do="make space on the host: cleanmgr /lowdisk",
    )


def clock(look: Look, here: float, doubt: float) -> Answer:
    """`here`: our clock when the host was asked, seconds since the epoch; `doubt`: how far off that may be."""
    if look.time is None:
        return warning(
            "connect/clock-unknown",
            "the host did not tell the time",
            why="times are compared",
            do="w32tm /query /status",
        )
    why = "certificates, Kerberos, locks and the times of files are judged by it"
    return skew(look.time, here, doubt, why=why, do="on the host: w32tm /resync /rediscover")


def restart(look: Look) -> Answer:
    if look.restart_pending:
        return warning(
            "connect/restart-pending",
            "the host waits for a restart",
            why="Windows may refuse to install the client before it",
            do="restart it when its users are gone: shutdown /r /t 0",
        )
    return Answer(message="none pending" if look.restart_pending is False else "not known")


def _version(text: str) -> tuple[int, ...]:
    parts = text.split(".")[:2]
    return tuple(int(part) for part in parts) if all(part.isascii() and part.isdigit() for part in parts) else ()

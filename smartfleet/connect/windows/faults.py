"""What a WS-Management fault means. Codes: winerror.h and wsmerror.h of the Windows SDK. Pure."""

from __future__ import annotations

from smartfleet.connect.ladder import Answer, failed
from smartfleet.connect.windows.route import Route
from smartfleet.text import visible

ACCESS_DENIED = 5
_KEY_DELETED = 1018
_SHELL_GONE = 2150858843
# shells per user, operations per user and system, concurrent users; the last three per plugin
_QUOTAS = frozenset({2150859173, 2150859174, 2150859175, 2150859176, 2150859179, 2150859236, 2150859237, 2150859238})
RAISE_SHELLS = "Set-Item WSMan:\\localhost\\Shell\\MaxShellsPerUser 50; Restart-Service WinRM"

UNFILTER = (
    "Set-ItemProperty HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System "
    "LocalAccountTokenFilterPolicy 1 -Type DWord   # or connect with a domain account"
)


def is_quota(code: int | None, reason: str) -> bool:
    return code in _QUOTAS or "quota" in reason.lower() or "concurrent shells" in reason.lower()


def judge_fault(route: Route, code: int | None, reason: str) -> Answer:
    """A fault that came after the login was taken."""
    if code == ACCESS_DENIED or "access is denied" in reason.lower():
        return denied(route)
    said = (
        f"{visible(' '.join(reason.split()))[:300]} (fault {code})" if code else visible(" ".join(reason.split()))[:300]
    )
    if is_quota(code, reason):
        return failed(
            "connect/quota-exceeded",
            f"the host opens no further shell for {visible(route.user)}: {said}",
            why="each of Ansible's tasks opens a shell of its own",
            do=f"end what is left over there, or raise it: {RAISE_SHELLS}",
        )
    if code in {_KEY_DELETED, _SHELL_GONE}:
        return failed(
            "connect/winrm-fault",
            f"the host lost the account's session: {said}",
            why="it happens when the account's profile is being unloaded; a run would fail the same way",
            do="try again; if it stays, on the host: Restart-Service WinRM",
        )
    return failed(
        "connect/winrm-fault",
        f"WinRM answers with an error: {said}",
        why="Ansible needs a shell there for every task",
        do="on the host: Get-WinEvent Microsoft-Windows-WinRM/Operational -MaxEvents 20",
    )


def denied(route: Route) -> Answer:
    """The password is right, but the account may not open a shell: on the wire it is one answer for two causes."""
    user = visible(route.user)
    if route.domain:
        return failed(
            "connect/not-administrator",
            f"{user} is let in, but may not open a shell: it is no local administrator there",
            why="other users' profiles can be read and moved by an administrator alone",
            do=add_administrator(route.user),
        )
    return failed(
        "connect/uac-filtered",
        f"{user} is let in, but may not open a shell: it is no administrator, or Windows takes its rights away because "
        "it is a local account that comes over the network (UAC)",
        why="other users' profiles can be read and moved by an administrator alone",
        do="look on the host: Get-LocalGroupMember -SID S-1-5-32-544   # is it listed? then: " + UNFILTER,
    )


def add_administrator(user: str) -> str:
    """The command for one host; a group policy does it for all."""
    name = visible(user).replace("'", "''")
    return (
        f"on the host: Add-LocalGroupMember -Group (Get-LocalGroup -SID S-1-5-32-544) -Member '{name}'   "
        "# for all of them: docs/windows.md, 'Rights'"
    )

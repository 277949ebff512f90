"""The way to root, tried as Ansible goes it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from smartfleet.connect.ladder import Answer, failed
from smartfleet.connect.remote import Shell
from smartfleet.connect.said import Said
from smartfleet.connect.target import Target, flag_var, password, text_var
from smartfleet.text import visible

WHY = "the move reads and writes the profiles of other users; only root can become each of them"
_LINE = "echo 'LOGIN ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/smartfleet; chmod 440 /etc/sudoers.d/smartfleet"


@dataclass(frozen=True)
class _Cause:
    """Words of sudo (in the C locale) and what they mean."""

    words: tuple[str, ...]
    code: str
    message: str
    do: str


_CAUSES = (
    _Cause(
        ("not in the sudoers", "not allowed", "may not run"),
        "connect/become-not-allowed",
        "sudo does not allow the login to act as root",
        f"as root on the host: {_LINE}",
    ),
    _Cause(
        ("must have a tty", "no tty"),
        "connect/become-tty",
        "sudo wants a terminal (requiretty)",
        "on the host: visudo, and write: Defaults !requiretty",
    ),
    _Cause(
        ("not found", "no such file"),
        "connect/become-missing",
        "there is no sudo on the host",
        "install sudo there, or log in as root (ansible_user), or set ansible_become_method",
    ),
)
_ASKS = _Cause(
    ("password is required",),
    "connect/become-password",
    "sudo asks for a password",
    f"smartfleet doctor --ask-become-pass, or ansible_become_password from a vault, or as root on the host: {_LINE}",
)
_WRONG = _Cause(
    ("try again", "incorrect password", "password is required", "no password was provided"),
    "connect/become-wrong-password",
    "sudo does not take the password",
    "correct ansible_become_password (ansible-vault edit), or type it: --ask-become-pass",
)


def become(shell: Shell, target: Target, typed: str) -> Answer:
    """Whether the login can act as root the way Ansible would; `typed` is the password that the admin gave, or ""."""
    if shell.run("id -u").out.strip() == "0":
        return Answer(message="the login is root")
    if flag_var(target, "ansible_become") is False:
        return Answer("skipped", "ansible_become is false for this host", "connect/skipped")
    method = text_var(target, "ansible_become_method") or "sudo"
    if method.rpartition(".")[2] != "sudo":
        return Answer("skipped", f"become method {visible(method)}: only sudo can be tried", "connect/skipped")
    sudo = text_var(target, "ansible_become_exe", "ansible_sudo_exe") or "sudo"
    secret = password(target, "ansible_become_password", "ansible_become_pass", "ansible_sudo_pass") or typed
    if secret:
        said = shell.run(f"LC_ALL=C {shlex.quote(sudo)} -H -S -k -p '' true", stdin=secret + "\n")
    else:
        said = shell.run(f"LC_ALL=C {shlex.quote(sudo)} -H -n true")
    return judge_sudo(said, with_password=bool(secret))


def judge_sudo(said: Said, *, with_password: bool) -> Answer:
    """What sudo's answer means. Pure."""
    if said.code == 0:
        return Answer(message="sudo, with a password" if with_password else "sudo, no password asked")
    text = said.err.strip()
    low = text.lower()
    for cause in (*_CAUSES, _WRONG if with_password else _ASKS):
        if any(word in low for word in cause.words):
            return failed(cause.code, cause.message, why=WHY, do=cause.do)
    return failed("connect/become-failed", f"sudo failed: {visible(text) or said.code}", why=WHY, do="sudo -n true")

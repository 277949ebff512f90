"""What Ansible's words about a connection mean. Data: the cases that prove it are real messages, in tests/unit/cases.

Windows: ansible-core's plugins winrm and psrp hand on the words of pywinrm, pypsrp, requests and of the host itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from smartfleet.model.results import OutcomeName

# compiled when something has failed, and kept by `re` from then on
_FLAGS = re.IGNORECASE | re.DOTALL


@dataclass(frozen=True)
class Cause:
    """A pattern of Ansible's words, and what is true of the host where it fits."""

    pattern: str
    outcome: OutcomeName
    code: str
    do: str
    # a host that never answered is offline, whatever broke
    met: bool = False

    def fits(self, said: str, *, unreachable: bool) -> bool:
        return not (self.met and unreachable) and re.search(self.pattern, said, _FLAGS) is not None


_DOCTOR = "smartfleet doctor --limit {host} tells"
WINDOWS = (
    Cause(
        "credentials were rejected by the server|Failed to authenticate the user",
        "failed",
        "auth-refused",
        f"{_DOCTOR} how to find out why; correct the password first: a domain locks an account after a few wrong ones",
    ),
    Cause(
        "requires a (password|username)|No username or password was specified",
        "failed",
        "no-password",
        "put ansible_user and ansible_password (in a vault) into the inventory; " + _DOCTOR + " what is missing",
    ),
    Cause(
        "CERTIFICATE_VERIFY_FAILED",
        "failed",
        "certificate-refused",
        f"{_DOCTOR} what is wrong with the certificate and what mends it",
    ),
    Cause(
        "suitable TLS CA certificate bundle",
        "failed",
        "certificate-trust-file",
        "correct ansible_winrm_ca_trust_path (psrp: ansible_psrp_ca_cert); relative ones start from the fleet folder",
    ),
    Cause(
        r"'wsmanfault_code': 5\b|WSManFault message\. \(Code: 5,",
        "failed",
        "access-denied",
        f"the account is no administrator there, or UAC filters it: {_DOCTOR} which",
    ),
    Cause(
        r"'wsmanfault_code': 21508591(7[3-6]|79)|\(Code: 21508591(7[3-6]|79)|QuotaLimit|concurrent (shells|operations)",
        "failed",
        "quota-exceeded",
        "apply again when other work on the host is done, or raise MaxShellsPerUser: docs/windows.md, 'Quotas'",
    ),
    Cause(
        r"'wsmanfault_code': (1018|2150858843)\b|\(Code: (1018|2150858843),|shell was not found on the server",
        "waiting-online",
        "session-lost",
        "the host ended the session; run the command again: it goes on. If it stays, there: Restart-Service WinRM",
    ),
    Cause(
        "must exceed operation_timeout|does not support transport|unsupported auth method|"
        "Invalid value .* for '(winrm|psrp)' connection plugin|message encryption is set to",
        "failed",
        "connection-options",
        "correct the variables of the connection: docs/windows.md, 'The inventory'",
    ),
    Cause(
        "kerberos library is not installed|pykerberos is not installed|requires the Python (gssapi|krb5) library|"
        "credssp is not installed|requests_ntlm is not installed|xmltodict is not installed|"
        "(winrm or requests|pypsrp or dependencies) (is|are) not installed",
        "failed",
        "missing-package",
        "pip install 'smartfleet[kerberos]' (CredSSP: 'pywinrm[credssp]'), or sign in with ntlm over https",
    ),
    Cause(
        r"Bad HTTP response returned from server\. Code (4|5)\d\d\s*$|Cannot use message encryption with auth",
        "failed",
        "winrm-unencrypted",
        "use https, or ntlm or kerberos over http: Windows refuses messages that are not encrypted. "
        + _DOCTOR
        + " more",
    ),
    Cause(
        "Kerberos auth failure|authGSSClient|MutualAuthentication|GSSError",
        "failed",
        "kerberos-refused",
        f"{_DOCTOR} whether it is the clock, the password, the account, the realm or the host's name",
    ),
    Cause(
        "ConstrainedLanguage|language mode|core types in this language",
        "failed",
        "language-mode",
        "allow the account's PowerShell in AppLocker or App Control: docs/windows.md, 'AppLocker and App Control'",
    ),
    Cause(
        "requires PowerShell v5|requires a minimum (version|PowerShell)",
        "failed",
        "powershell-old",
        "install Windows Management Framework 5.1 there, or a newer Windows",
    ),
    Cause(
        "Read timed out|the connection attempt timed out|HTTP read timeout during PSRP",
        "waiting-online",
        "answer-late",
        f"run it again when the host is less busy, or wait longer: docs/windows.md, 'Timeouts'. {_DOCTOR} more",
    ),
    Cause(
        "Connection aborted|RemoteDisconnected|winrm send_input failed|Connection reset by peer'",
        "waiting-online",
        "connection-lost",
        "the connection broke; run the command again: it goes on with what was begun",
        met=True,
    ),
)

# the first that fits; {host} is the inventory's name of the host, quoted for a shell
SSH = (
    Cause(
        "REMOTE HOST IDENTIFICATION HAS CHANGED|host key .* has changed",
        "failed",
        "host-key-changed",
        "find out why the key changed (new installation? another machine?); smartfleet doctor --limit {host} shows "
        "both keys and the command that takes the old one out of known_hosts",
    ),
    Cause(
        "Host key verification failed|authenticity of host",
        "failed",
        "host-key-unknown",
        "smartfleet doctor --limit {host} shows the key and the command that trusts it",
    ),
    Cause(
        "Missing sudo password|Incorrect sudo password|password is required|Timeout .* waiting for privilege|"
        "Sorry, try again|Duplicate become|Missing .*become.* password|Incorrect .*become.* password",
        "failed",
        "become-password",
        "give the password with --ask-become-pass, or let the account use sudo without one",
    ),
    Cause(
        "not in the sudoers|is not allowed to execute|may not run sudo|sudo: (command )?not found|"
        "unable to find sudo|sudo: .*not found",
        "failed",
        "become-refused",
        "allow the account to use sudo, or connect as root with ansible_become: false",
    ),
    Cause(
        "Permission denied|Authentication fail|Too many authentication failures|no more authentication methods",
        "failed",
        "auth-refused",
        "smartfleet doctor --limit {host} tells which keys and passwords the host accepts",
    ),
    Cause(
        "python[0-9.]*: (command )?not found|No such file or directory.*python|"
        "python.*No such file or directory|interpreter .* (was )?not found|requires a minimum of Python",
        "failed",
        "no-python",
        "install Python 3.9 or newer there, or name it in the inventory: ansible_python_interpreter",
    ),
    Cause("No space left on device|Disk quota exceeded", "failed", "disk-full", "make room on the host"),
    Cause("unsupported parameters|couldn't resolve module", "failed", "install-mismatch", "install smartfleet again"),
)
CAUSES = (*WINDOWS, *SSH)

"""How a machine's WinRM service is set up: `winrm get winrm/config/service`."""

from __future__ import annotations

from dataclasses import dataclass

_PROFILE = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile"


@dataclass(frozen=True)
class Service:
    """The defaults are those of a fresh Windows 10 or Server. Kerberos is not emulated and never offered."""

    basic: bool = False
    negotiate: bool = True
    certificate: bool = False
    allow_unencrypted: bool = False
    version: str = "10.0.19045"

    def challenges(self) -> list[str]:
        """What a 401 offers."""
        return (["Negotiate"] if self.negotiate else []) + (['Basic realm="WSMAN"'] if self.basic else [])

    def profiles(self) -> list[str]:
        """What Identify tells a client that has signed in."""
        ways = (["basic"] if self.basic else []) + (["spnego-kerberos"] if self.negotiate else [])
        names = [f"{_PROFILE}/{scheme}/{way}" for way in ways for scheme in ("http", "https")]
        return names + ([f"{_PROFILE}/https/mutual"] if self.certificate else [])

    def product(self, *, signed_in: bool) -> str:
        return f"OS: {self.version if signed_in else '0.0.0'} SP: 0.0 Stack: 3.0"

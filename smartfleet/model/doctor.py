"""What the doctor found about connections and servers. Schema ``smartfleet.doctor/1``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.base import Document

CheckState = Literal["ok", "warning", "failed", "skipped"]
SshCheckName = Literal["dns", "tcp", "banner", "host-key", "auth", "python", "become", "disk", "clock"]
WindowsCheckName = Literal[
    "dns", "tcp", "tls", "winrm", "auth", "shell", "rights", "powershell", "quota", "sqlite", "disk", "clock", "restart"
]
HostCheckName = SshCheckName | WindowsCheckName
ControllerCheckName = Literal["collection"]
ServerCheckName = Literal["dns", "tcp", "tls", "status", "redirect", "maintenance", "instance"]


class Check(Document):
    """One question about one host, one server or this machine (the controller), with its answer.

    Text that came from the other side (banners, error messages, certificate names) is untrusted display text.
    """

    kind: Literal["host", "server", "controller"]
    target: str = Field(description="the inventory's name of the host, or the server's URL")
    check: HostCheckName | ServerCheckName | ControllerCheckName
    state: CheckState
    code: str = Field("", description='stable reason, for example connect/host-key-changed; "" when ok')
    message: str = ""
    why: str = Field("", description="why it matters")
    do: str = Field("", description="the command or the sentence that mends it")
    seconds: float = 0.0


class DoctorReport(Document):
    """Everything the doctor asked, hosts in the inventory's order, each host's checks in theirs."""

    schema_: Literal["smartfleet.doctor/1"] = Field("smartfleet.doctor/1", alias="schema")
    started: float = Field(description="seconds since the epoch")
    seconds: float
    checks: list[Check]

    def failed(self, kind: Literal["host", "server"]) -> list[Check]:
        return [check for check in self.checks if check.kind == kind and check.state == "failed"]

"""What the doctor's script `look.ps1` tells of a Windows host. Pure but for reading the script from the package."""

from __future__ import annotations

import base64
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

# cmd.exe, which WinRM starts every command with, cuts a longer command line off without a word
LONGEST_COMMAND = 8191
_COMMAND = "powershell -NoProfile -NonInteractive -EncodedCommand "


class Look(BaseModel):
    """One host's answers; None where the host could not tell. All text is untrusted. No command prints or keeps it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    schema_: Literal["smartfleet.look/1"] = Field(alias="schema")
    computer: str | None = Field(None, description="NetBIOS name, for example PC-0815")
    user: str | None = Field(None, description="as whoami says it: pc-0815\\eva or example\\eva")
    administrator: bool | None = Field(None, description="a member of the Administrators, maybe for deny only")
    elevated: bool | None = Field(None, description="the token has high integrity: not filtered by UAC")
    token_filter_policy: int | None = Field(None, description="LocalAccountTokenFilterPolicy; None: not set")
    build: str | None = Field(None, description="of Windows, for example 19045")
    powershell: str | None = Field(None, description="for example 5.1.19041.1")
    edition: str | None = Field(None, description="Desktop or Core")
    language_mode: str | None = Field(None, description="FullLanguage, ConstrainedLanguage, ...")
    machine_policy: str | None = Field(None, description="execution policy set by group policy; Undefined: none")
    user_policy: str | None = Field(None, description="the same, set for the user")
    system_drive: str | None = Field(None, description="for example C:")
    disk_free: int | None = Field(None, description="bytes free on it")
    time: int | None = Field(None, description="the host's clock, seconds since the epoch")
    max_shells_per_user: int | None = None
    max_memory_per_shell_mb: int | None = None
    winsqlite3: bool | None = Field(None, description="Windows' own SQLite, which reads the journals, is there")
    restart_pending: bool | None = None

    @property
    def local_account(self) -> bool | None:
        """Whether the account belongs to the machine itself; only those are filtered by UAC over the network."""
        if not self.user or not self.computer:
            return None
        return self.user.partition("\\")[0].casefold() == self.computer.casefold()


def script() -> str:
    """What is sent: look.ps1 without its comments and indents, which keeps the command line short enough."""
    text = resources.files("smartfleet.connect").joinpath("look.ps1").read_text("utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("#"))


def command_line() -> str:
    """The command that runs the script, encoded as PowerShell wants it."""
    return _COMMAND + base64.b64encode(script().encode("utf-16-le")).decode("ascii")


def read(output: str) -> Look:
    """The answers in what the script printed. ValueError if there are none that can be read."""
    lines = [line.strip() for line in output.removeprefix("\ufeff").splitlines()]
    answers = next((line for line in reversed(lines) if line.startswith("{")), "")
    try:
        return Look.model_validate_json(answers)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise ValueError(f"{place}: {problem['msg']}" if place else problem["msg"]) from error

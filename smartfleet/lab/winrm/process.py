"""One process on a machine, as it runs in a worker: never raises, always leaves output and an exit code."""

from __future__ import annotations

import json
import logging
import re
from typing import Any
from xml.sax.saxutils import escape

from smartfleet.lab.winrm import helpers
from smartfleet.lab.winrm.machine import Machine, ModuleCall, NotEmulated, Output, ScriptCall
from smartfleet.lab.winrm.manifest import Call, HelperCall

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_log = logging.getLogger(__name__)


def run(machine: Machine, call: Call) -> Output:
    """Plays `call`. What is not emulated fails with words that say so."""
    try:
        return _play(machine, call)
    except NotEmulated as error:
        problem = f"emulated host: {error} is not emulated"
    except Exception as error:  # a play that breaks must fail its host's task, not the lab  # noqa: BLE001
        _log.exception("%s: %s broke", machine.name, title(call))
        problem = f"emulated host: {title(call)} broke: {type(error).__name__}: {error}"
    return refusal(call, problem)


def refusal(call: Call | None, problem: str) -> Output:
    """How a call fails that cannot be played: as a module's result, or on the error stream."""
    if isinstance(call, ModuleCall):
        return Output(json.dumps({"failed": True, "changed": False, "msg": problem}), status=1)
    return Output(err=problem, status=1)


def title(call: Call) -> str:
    """What a call is counted under: the module or helper, or ``script``."""
    return "script" if isinstance(call, ScriptCall) else call.name


def clixml(text: str) -> str:
    """Text on PowerShell's error stream, as it serializes it when its error output is redirected."""
    lines = "".join(f'<S S="Error">{escape(_escaped(line))}_x000D__x000A_</S>' for line in text.splitlines())
    return (
        f'#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">{lines}</Objs>'
    )


def printable(text: str) -> str:
    """Text without characters that XML cannot hold."""
    return NOT_XML.sub("\ufffd", text)


def _escaped(text: str) -> str:
    """CLIXML's own way to write such characters, and what looks like it."""
    return NOT_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text.replace("_x", "_x005F_x"))


def _play(machine: Machine, call: Call) -> Output:
    if isinstance(call, ModuleCall):
        return _module_output(machine.run_module(call))
    if isinstance(call, HelperCall):
        return helpers.run(machine, call)
    return helpers.run_own_script(machine, call) or machine.run_script(call)


def _module_output(result: dict[str, Any]) -> Output:
    return Output(f"{json.dumps(result)}\r\n", status=1 if result.get("failed") else 0)

"""What a command line and its input ask for: an Ansible module, one of Ansible's own helper scripts, or a plain script.

ansible-core 2.19 to 2.21 run ``powershell ... -EncodedCommand BASE64`` (the same small bootstrap each time) and send on
standard input ``{bootstrap}`` SEPARATOR ``{manifest}`` and, for a file that is put, SEPARATOR and base64 lines. The
manifest names scripts and a chain of actions; the last one says what runs, those before it wrap it (become, async).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from smartfleet.lab.winrm.machine import Caller, ModuleCall, NotEmulated, ScriptCall

SEPARATOR = b"\n\0\0\0\0\n"
_ENCODED = re.compile(r"(?:^|\s)-e(?:c|nc\w*)?\s+([A-Za-z0-9+/=]+)", re.IGNORECASE)
_COLLECTION_MODULE = re.compile(r"ansible_collections\.(\w+)\.(\w+)\.plugins\.modules\.(\w+)")
_BECOME = "become_wrapper.ps1"
_MODULE = "module_wrapper.ps1"


@dataclass(frozen=True)
class HelperCall:
    """One of the scripts that ansible-core itself brings (``winrm_put_file.ps1``); `data` is what follows it."""

    name: str
    parameters: dict[str, Any]
    data: bytes
    caller: Caller


Call = ModuleCall | HelperCall | ScriptCall


def decode(command_line: str, stdin: bytes, user: str) -> Call:
    """What the command does; NotEmulated if it is nothing that Ansible or pywinrm sends."""
    return decode_script(encoded_script(command_line), stdin, user)


def decode_script(text: str, stdin: bytes, user: str) -> Call:
    """What PowerShell does that is given this text and input."""
    if SEPARATOR not in stdin:
        return ScriptCall(text, stdin, Caller(user))
    _bootstrap, manifest, *data = stdin.split(SEPARATOR, 2)
    try:
        return _from_manifest(json.loads(manifest), data[0] if data else b"", user)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise NotEmulated(f"the input is no manifest of ansible-core 2.19 to 2.21: {error!r:.200}") from error


def encoded_script(command_line: str) -> str:
    """The PowerShell text in ``powershell -EncodedCommand BASE64``."""
    program, _, rest = command_line.strip().partition(" ")
    found = _ENCODED.search(rest)
    if program.lower().removesuffix(".exe") not in {"powershell", "pwsh"} or found is None:
        raise NotEmulated(f"the command line {command_line[:200]!r}")
    try:
        return base64.b64decode(found[1], validate=True).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise NotEmulated("an encoded command that is no base64 of UTF-16") from error


def module_name(script: str) -> str:
    """``smartde.nextcloud.win_x`` for the file name in a manifest; names outside a collection stay as they are."""
    name = script.removesuffix(".ps1")
    match = _COLLECTION_MODULE.fullmatch(name)
    return ".".join(match.groups()) if match else name


def _from_manifest(manifest: dict[str, Any], data: bytes, user: str) -> Call:
    *wrappers, last = manifest["actions"]
    caller = Caller(user, _become(wrappers))
    if last["name"] != _MODULE:
        return HelperCall(str(last["name"]), dict(last["params"]), data, caller)
    parameters = last["params"]
    name = module_name(str(parameters["Script"]))
    if not parameters.get("ForModule"):
        raise NotEmulated(f"the script {name}")
    arguments = next(dict(item["Value"]) for item in parameters["Variables"] if item["Name"] == "complex_args")
    return ModuleCall(
        name=name,
        arguments={key: value for key, value in arguments.items() if not key.startswith("_ansible_")},
        internals={key: value for key, value in arguments.items() if key.startswith("_ansible_")},
        caller=caller,
        environment={str(key): str(value) for key, value in (parameters.get("Environment") or {}).items()},
    )


def _become(wrappers: list[dict[str, Any]]) -> str:
    user = ""
    for wrapper in wrappers:
        if wrapper["name"] != _BECOME:
            raise NotEmulated(f"the wrapper {wrapper['name']}")
        user = str(wrapper["params"]["BecomeUser"])
    return user

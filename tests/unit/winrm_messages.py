"""Requests as pywinrm writes them, and the input that ansible-core sends, for the tests of the emulated endpoint."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

from winrm.protocol import Protocol
from xmltodict import unparse

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
SEPARATOR = b"\n\0\0\0\0\n"
MESSAGE_ID = "8c2b5a0e-8c53-4a47-8a2a-5a0d7a3f0001"


def envelope(action: str, body: dict[str, Any] | None = None, *, shell_id: str = "", **options: str) -> bytes:
    """One message; `action` is ``Create``, ``Delete`` or one of the shell's."""
    client = Protocol("http://127.0.0.1/wsman", username="x", password="x")
    address = f"{TRANSFER if action in {'Create', 'Delete'} else SHELL}/{action}"
    message = client.build_wsman_header(address, f"{SHELL}/cmd", shell_id or None, uuid.UUID(MESSAGE_ID))
    if options:
        message["env:Header"]["w:OptionSet"] = {
            "w:Option": [{"@Name": name, "#text": value} for name, value in options.items()]
        }
    return bytes(unparse({"env:Envelope": message | {"env:Body": body or {}}}), "utf-8")


def powershell(text: str) -> str:
    """The command line that runs `text`."""
    return f"powershell -NoProfile -EncodedCommand {base64.b64encode(text.encode('utf-16-le')).decode()}"


def manifest_input(*actions: dict[str, Any], data: bytes = b"") -> bytes:
    """Standard input with a manifest of these actions."""
    parts = [json.dumps({"name": "exec_wrapper"}).encode(), json.dumps({"scripts": {}, "actions": actions}).encode()]
    return SEPARATOR.join(parts + ([data] if data else []))


def module_action(script: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The action that runs a module."""
    variables = [{"Name": "complex_args", "Value": arguments, "Scope": "Global"}]
    parameters = {"Script": script, "Environment": {"A": "b"}, "Variables": variables, "ForModule": True}
    return {"name": "module_wrapper.ps1", "params": parameters, "secure_params": {}}

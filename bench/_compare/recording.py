"""Runs a playbook and writes down what Ansible sends for each module: the command and its standard input, to the byte.

    python -m bench._compare.recording FOLDER ansible-playbook's arguments...

What is sent goes into FOLDER as PORT-NUMBER.json (a lab's machines have a port each), the numbers in the order of
sending.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.cli.playbook import PlaybookCLI
from ansible.plugins.loader import connection_loader

PLUGINS = ("ssh", "winrm")
Sent = Callable[..., tuple[int, bytes, bytes]]


def main() -> None:
    folder, *arguments = sys.argv[1:]
    for name in PLUGINS:
        plugin = connection_loader.get(name, class_only=True)
        plugin.exec_command = _recording(plugin.exec_command, Path(folder))
    # the command's name is what Ansible's own options begin with
    PlaybookCLI.cli_executor(["ansible-playbook", *arguments])


def _recording(send: Sent, folder: Path) -> Sent:
    def exec_command(plugin: Any, cmd: str, in_data: bytes | None = None, **more: Any) -> tuple[int, bytes, bytes]:  # noqa: ANN401 - Ansible's own
        if in_data:
            port = plugin.get_option("port")
            said = {"port": port, "command": cmd, "stdin": base64.b64encode(in_data).decode()}
            (folder / f"{port}-{time.time_ns()}.json").write_text(json.dumps(said), "utf-8")
        return send(plugin, cmd, in_data=in_data, **more)

    return exec_command


if __name__ == "__main__":
    main()

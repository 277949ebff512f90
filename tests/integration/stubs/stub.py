"""Stands for every module of the collection: does and answers what the host variable `smartfleet_root` says.

`smartfleet_root` is a folder there; its file `answer.json` is the result, `seconds` how long it takes, `garbage` what
is written instead of a result.
"""

from __future__ import annotations

import pathlib
import sys
import time

from ansible.module_utils.basic import AnsibleModule

ARGUMENTS = {
    name: {"type": "raw"}
    for name in (
        "users",
        "run",
        "phases",
        "profiles",
        "lock_seconds",
        "restart_pending",
        "stop_seconds",
        "reason",
        "level",
        "examples",
        "ask_server",
    )
}


def main() -> None:
    module = AnsibleModule({"root": {"type": "path"}, **ARGUMENTS}, supports_check_mode=True)
    root = pathlib.Path(module.params["root"])
    (root / "begun").touch()
    if (root / "seconds").exists():
        time.sleep(float((root / "seconds").read_text()))
    if (root / "garbage").exists():
        sys.stdout.write((root / "garbage").read_text())
        return
    (root / "ended").touch()
    if (root / "answer.json").exists():
        module.exit_json(told=dict(module.params), **module.from_json((root / "answer.json").read_text()))
    module.exit_json(facts={"told": dict(module.params)}, profiles=[], folders=[], problems=[])


main()

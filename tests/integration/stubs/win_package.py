"""Stands for ansible.windows.win_package and for win_winget.

It answers what lies beside `path`, or `id`, one answer for each call, the last for ever. ``PATH.answers`` is a JSON
list of results; what the module was called with is added to ``PATH.calls``, a line each.
"""

from __future__ import annotations

import json
import pathlib

from ansible.module_utils.basic import AnsibleModule

ARGUMENTS = ("path", "id", "version", "provider", "checksum", "checksum_algorithm", "arguments", "expected_return_code")


def main() -> None:
    module = AnsibleModule({name: {"type": "raw"} for name in ARGUMENTS})
    given = {name: value for name, value in module.params.items() if value is not None}
    path = given.get("path") or given["id"]
    with pathlib.Path(f"{path}.calls").open("a") as calls:
        calls.write(json.dumps(given) + "\n")
    waiting = pathlib.Path(f"{path}.answers")
    answers = json.loads(waiting.read_text())
    if answers[1:]:
        waiting.write_text(json.dumps(answers[1:]))
    if answers[0].get("failed"):
        module.fail_json(**answers[0])
    module.exit_json(**answers[0])


main()

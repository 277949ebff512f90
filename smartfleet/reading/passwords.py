"""The passwords that Ansible would ask for at a terminal, from the answers that came with the stream."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible import context
from ansible.cli import CLI
from ansible.errors import AnsibleError

_LOGIN, _BECOME = "SSH password: ", "BECOME password: "


def passwords(answers: Mapping[str, str]) -> dict[str, str | None]:
    """As CLI.ask_passwords gives them. `answers`: regular expressions of ansible-runner for the question."""
    asked = context.CLIARGS
    login = become = None
    if asked["ask_pass"]:
        login = _answer(_LOGIN, answers)
    elif asked["connection_password_file"]:
        login = CLI.get_password_from_file(asked["connection_password_file"])
    if asked["become_ask_pass"]:
        become = _answer(_BECOME, answers) or login
    elif asked["become_password_file"]:
        become = CLI.get_password_from_file(asked["become_password_file"])
    return {"conn_pass": login, "become_pass": become}


def _answer(question: str, answers: Mapping[str, str]) -> str:
    for pattern, answer in answers.items():
        if re.search(pattern, question):
            return answer
    raise AnsibleError(f"nobody is there to answer {question.strip(': ')!r}")

"""Whether one process can read the hosts of an inventory as well as a process for each host would. Pure.

Two things cannot be shared by hosts of one process. ``KRB5CCNAME``, the place of the Kerberos ticket that Ansible's
plugin winrm fetches, is the process's: hosts of a second account would be refused. And lookups are carried out by
Ansible's own code, in which one host is at a time: a fleet whose variables ask a vault would wait longer than with
processes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

# in a template of a JSON text; of Ansible's own lookups those that look at nothing but this machine take no time
_LOOKUP = re.compile(
    r'\{[{%](?:[^"\\]|\\.)*?\b(?:lookup|query|q)\s*\(\s*'
    r"""(?!(?:\\"|')(?:ansible\.builtin\.)?(?:env|file|vars|varnames|ini|csvfile)(?:\\"|'))"""
)
_TEMPLATE = ("{{", "{%")
_NAME = re.compile(r"[A-Za-z_]\w*")
# of the plugin winrm's options, the variable that counts first
_USER = ("ansible_winrm_user", "ansible_user")
_PASSWORD = ("ansible_winrm_password", "ansible_winrm_pass", "ansible_password")
_TRANSPORT = ("ansible_winrm_transport",)
_MODE = ("ansible_winrm_kinit_mode",)
_OWN = "the ticket that is there"

Variables = Mapping[str, Any]


def suits(inventory: str) -> bool:
    """`inventory`: JSON as inventory scripts print it, each host with all its variables."""
    if _LOOKUP.search(inventory):
        return False
    known: Mapping[str, Variables] = json.loads(inventory).get("_meta", {}).get("hostvars", {})
    return len(set(_tickets(known))) <= 1


def _tickets(known: Mapping[str, Variables]) -> Iterator[str]:
    """Whose each host's Kerberos ticket is, where it may need one."""
    for host, variables in known.items():
        if _may_be(variables.get("ansible_connection", ""), "winrm") and _by_kerberos(variables):
            yield _account({**variables, "inventory_hostname": host}) if _fetches(variables) else _OWN


def _by_kerberos(variables: Variables) -> bool:
    transport = _first(variables, _TRANSPORT)
    # as the plugin guesses where none is named
    return _may_be(transport, "kerberos") if transport else _may_be(_first(variables, _USER), "@")


def _fetches(variables: Variables) -> bool:
    mode = _first(variables, _MODE)
    return mode == "managed" or (mode != "manual" and bool(_first(variables, _PASSWORD)))


def _account(variables: Variables) -> str:
    """The same for hosts of the same account, though it may be a template: that and all that it is made of."""
    parts: dict[str, str] = {}
    waiting = [json.dumps(_first(variables, _USER))]
    while waiting:
        text = waiting.pop()
        for name in _NAME.findall(text) if _is_template(text) else ():
            if name in variables and name not in parts:
                parts[name] = json.dumps(variables[name], sort_keys=True)
                waiting.append(parts[name])
    return json.dumps([_first(variables, _USER), parts], sort_keys=True)


def _may_be(value: object, what: str) -> bool:
    """A template may be anything."""
    text = str(value)
    return what in text or _is_template(text) or "__ansible_vault" in text


def _is_template(text: str) -> bool:
    return any(mark in text for mark in _TEMPLATE)


def _first(variables: Variables, names: tuple[str, ...]) -> Any:  # noqa: ANN401 - whatever an inventory says
    return next((variables[name] for name in names if name in variables), "")

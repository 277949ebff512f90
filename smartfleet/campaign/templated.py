"""Connections that an inventory computes (``ansible_host: "{{ name | lower }}.lan"``), worked out by Ansible."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from smartfleet.engines.programs import call
from smartfleet.engines.variables import vars_file

# never those of passwords: Ansible may be set up to log what it prints
_OPTIONS = "^ansible_(winrm|psrp)_(?!.*pass)"


def _first(part: str, otherwise: str = "''") -> str:
    """The first of a host's variables for this part; "" if its template names something that is not there."""
    names = (f"ansible_winrm_{part}", f"ansible_psrp_{part}", f"ansible_{part}")
    chain = "".join(f"h.{name} if '{name}' in h else " for name in names)
    return f"(({chain}{otherwise}) | default(''))"


# arguments of the debug module; both answer in base64, so that no name can look like another host's line
_TOGETHER = (
    "msg={%- set found = [] -%}{%- for n in smartfleet_names -%}{%- set h = hostvars[n] -%}{%- set o = {} -%}"
    f"{{%- for k in h if k is match('{_OPTIONS}') -%}}{{%- set _ = o.update({{k: h[k] | default('')}}) -%}}"
    "{%- endfor -%}"
    f"{{%- set _ = found.append([n, {_first('host', 'n')}, {_first('port')}, {_first('user')}, o]) -%}}"
    "{%- endfor -%}{{ found | to_json | b64encode }}"
)
_NAMES = f"query('ansible.builtin.varnames', '{_OPTIONS}')"
_ALONE = (
    "msg={{ [[inventory_hostname, "
    "ansible_winrm_host | default(ansible_psrp_host) | default(ansible_host) | default(inventory_hostname), "
    "ansible_winrm_port | default(ansible_psrp_port) | default(ansible_port) | default(''), "
    "ansible_winrm_user | default(ansible_psrp_user) | default(ansible_user) | default(''), "
    f"dict({_NAMES} | zip(query('ansible.builtin.vars', *{_NAMES})))"
    "]] | to_json | b64encode }}"
)
_ANSWER = re.compile(r'"msg": "([A-Za-z0-9+/]+=*)"')


@dataclass(frozen=True)
class Route:
    """Text as the inventory means it; `options`: the connection plugin's own variables, passwords left out."""

    address: str
    port: str
    user: str
    options: Mapping[str, object] = field(default_factory=dict)


def routes(inventory: Path, names: Sequence[str], folder: Path) -> dict[str, Route]:
    """Routes by host; a host whose templates fail is left out. No host is connected to.

    All are worked out in one go. What that left open (templates about other hosts, or one that fails and takes the rest
    with it) is asked of each host by itself, which takes far longer.
    """
    found = _asked(inventory, names, folder, together=True)
    left = [name for name in names if name not in found]
    return {**found, **_asked(inventory, left, folder, together=False)} if left else found


def read(output: str) -> dict[str, Route]:
    """What `ansible` printed."""
    found: dict[str, Route] = {}
    for encoded in _ANSWER.findall(output):
        for name, address, port, user, options in json.loads(base64.b64decode(encoded)):
            found[name] = Route(str(address), str(port), str(user), options)
    return found


def _asked(inventory: Path, names: Sequence[str], folder: Path, *, together: bool) -> dict[str, Route]:
    with tempfile.TemporaryDirectory(prefix="smartfleet-routes-") as private:
        limit, variables = Path(private, "hosts.txt"), Path(private, "names.yml")
        limit.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        variables.write_text(vars_file({"smartfleet_names": list(names)}), encoding="utf-8")
        options = ["-i", str(inventory.absolute()), "--extra-vars", f"@{variables}"]
        # this machine works out what is said of all others, but for what they say of each other
        hosts = ["localhost"] if together else ["all", "--limit", f"@{limit}"]
        try:
            done = call(
                ["ansible", *hosts, *options, "-m", "ansible.builtin.debug", "-a", _TOGETHER if together else _ALONE],
                folder,
            )
        except (OSError, subprocess.TimeoutExpired):
            return {}
    return {name: route for name, route in read(done.stdout).items() if route.address}

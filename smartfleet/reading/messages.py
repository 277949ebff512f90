"""Makes the message of a PowerShell module once for all hosts that are sent the same one.

It holds every file that the module needs, 500 kB for an audit, and Ansible puts it together anew for each host. It is
kept by all that goes into it, so that nothing of one host can reach another: a host whose arguments, environment or
options differ by a letter gets a message of its own. With become (whose password is in the message), async or coverage
Ansible makes each.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from ansible import constants
from ansible.executor.powershell import module_manifest
from ansible.module_utils.common.json import Direction, get_module_encoder

from smartfleet.reading.kept import Kept

Make = Callable[..., bytes]
Given = Mapping[str, Any]

_MAKE = "_create_powershell_wrapper"
# its parameters
_PLAIN = ("name", "module_data", "module_path", "substyle", "profile")
_NEW = "pwsh_interpreter"
_EACH = ("become_plugin", "async_timeout")
_NEEDED = {*_PLAIN, *_EACH, "module_args", "environment", "task_vars"}
# the one setting that ansible-core asks the variables for, where there is no async
_COVERAGE = "COVERAGE_REMOTE_OUTPUT"
_MOST = 8


def make_once() -> None:
    """For this process. An ansible-core that makes messages in another way is left alone."""
    make = getattr(module_manifest, _MAKE, None)
    if make is not None:
        setattr(module_manifest, _MAKE, once(make))


def once(make: Make) -> Make:
    kept: Kept[bytes] = Kept(_MOST)

    @functools.wraps(make)
    def message(*unnamed: Any, **given: Any) -> bytes:  # noqa: ANN401 - ansible-core ships no types
        key = None if unnamed else _key(given)
        return make(*unnamed, **given) if key is None else kept.of(key, lambda: make(**given))

    return message


def _key(given: Given) -> Hashable:
    """All that the message is made of; None if that is not known for sure."""
    if given.keys() - {_NEW} != _NEEDED or any(given[name] for name in _EACH):
        return None
    if constants.config.get_config_value(_COVERAGE, variables=given["task_vars"]):
        return None
    encoder = get_module_encoder(given["profile"], Direction.CONTROLLER_TO_MODULE)
    try:
        # as Ansible writes them into the message
        arguments = json.dumps(given["module_args"], cls=encoder)
        environment = json.dumps(given["environment"])
    except (TypeError, ValueError):
        # Ansible says what is wrong with them
        return None
    return tuple(given.get(name) for name in (*_PLAIN, _NEW)), arguments, environment

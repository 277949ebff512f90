"""What a command line and its input ask for, from the real ansible-core as well as from anybody else."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
from ansible.executor.powershell.module_manifest import _bootstrap_powershell_script
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.lab.winrm.machine import ModuleCall, NotEmulated, ScriptCall
from smartfleet.lab.winrm.manifest import HelperCall, decode, module_name
from tests.unit.winrm_messages import SEPARATOR, manifest_input, module_action, powershell

KEYS = ["actions", "name", "params", "Script", "ForModule", "Variables", "Value"]
LINE = powershell("# the bootstrap")
HOSTNAME = powershell("hostname").rpartition(" ")[2]
FACTS = "ansible_collections.smartde.nextcloud.plugins.modules.win_client_facts.ps1"


def test_a_module_with_its_arguments() -> None:
    arguments = {"root": "/", "deep": [{"a": None}], "_ansible_check_mode": True, "_ansible_verbosity": 2}
    call = decode(LINE, manifest_input(module_action(FACTS, arguments)), "eva")
    assert isinstance(call, ModuleCall)
    assert (call.name, call.caller.user, call.caller.become) == ("smartde.nextcloud.win_client_facts", "eva", "")
    assert call.arguments == {"root": "/", "deep": [{"a": None}]}
    assert call.check_mode
    assert call.environment == {"A": "b"}


def test_a_module_that_becomes_another_user() -> None:
    become = {"name": "become_wrapper.ps1", "params": {"BecomeUser": "SYSTEM"}, "secure_params": {}}
    call = decode(LINE, manifest_input(become, module_action(FACTS, {})), "eva")
    assert isinstance(call, ModuleCall)
    assert call.caller.become == "SYSTEM"


def test_a_helper_of_the_real_ansible_with_data() -> None:
    script, stdin = _bootstrap_powershell_script("winrm_put_file.ps1", {"Path": "C:\\x"}, has_input=True)
    call = decode(powershell(script), stdin + b"eA==\r\n", "eva")
    assert isinstance(call, HelperCall)
    assert (call.name, call.parameters, call.data) == ("winrm_put_file.ps1", {"Path": "C:\\x"}, b"eA==\r\n")


@pytest.mark.parametrize(
    "line",
    [
        f"powershell -encodedcommand {HOSTNAME}",
        f"PowerShell.exe -NoProfile -ExecutionPolicy Unrestricted -EncodedCommand {HOSTNAME}",
        f"powershell -enc {HOSTNAME}",
    ],
)
def test_a_script_as_pywinrm_sends_it(line: str) -> None:
    call = decode(line, b"", "eva")
    assert isinstance(call, ScriptCall)
    assert call.text == "hostname"


@pytest.mark.parametrize(
    ("script", "name"),
    [
        (FACTS, "smartde.nextcloud.win_client_facts"),
        ("ansible_collections.ansible.windows.plugins.modules.setup.ps1", "ansible.windows.setup"),
        ("ansible.legacy.something.ps1", "ansible.legacy.something"),
    ],
)
def test_names(script: str, name: str) -> None:
    assert module_name(script) == name


@pytest.mark.parametrize(
    "line",
    ["", "hostname", "cmd /c dir", "powershell", "powershell -File x.ps1", "powershell -EncodedCommand !",
     "powershell -EncodedCommand YQ=", "powershell -EncodedCommand YQ==", "evil -EncodedCommand YQBi"],
)  # fmt: skip
def test_other_command_lines_are_refused(line: str) -> None:
    with pytest.raises(NotEmulated):
        decode(line, b"", "eva")


@pytest.mark.parametrize(
    "stdin",
    [
        b"{}" + SEPARATOR,
        b"{}" + SEPARATOR + b"[]",
        b"{}" + SEPARATOR + b'{"actions": []}',
        b"{}" + SEPARATOR + b'{"actions": [1]}',
        b"{}" + SEPARATOR + b'{"actions": [{"name": "module_wrapper.ps1"}]}',
        b"{}" + SEPARATOR + b'{"actions": [{"name": "x.ps1", "params": 1}]}',
        b"{}" + SEPARATOR + b"[" * 100_000,
        b"{}" + SEPARATOR + b"\xff",
        manifest_input({"name": "async_wrapper.ps1", "params": {}}, module_action(FACTS, {})),
        manifest_input({"name": "module_wrapper.ps1", "params": {"Script": "x.ps1", "Environment": {}}}),
    ],
)
def test_other_manifests_are_refused(stdin: bytes) -> None:
    with pytest.raises(NotEmulated):
        decode(LINE, stdin, "eva")


@given(st.text(max_size=80), st.binary(max_size=80))
def test_any_command_is_understood_or_refused(line: str, stdin: bytes) -> None:
    for command in (line, f"powershell -enc {line}", LINE):
        for given_input in (stdin, b"{}" + SEPARATOR + stdin):
            with contextlib.suppress(NotEmulated):
                decode(command, given_input, "eva")


def maps(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner) | st.dictionaries(st.sampled_from(KEYS), inner)


@given(st.recursive(st.none() | st.booleans() | st.text() | st.integers(), maps))
def test_any_json_is_a_manifest_or_refused(manifest: Any) -> None:
    with contextlib.suppress(NotEmulated):
        decode(LINE, b"{}" + SEPARATOR + json.dumps(manifest).encode(), "eva")


def test_the_script_is_utf_16() -> None:
    line = f"powershell -enc {base64.b64encode(b'odd').decode()}"
    with pytest.raises(NotEmulated, match="UTF-16"):
        decode(line, b"", "eva")

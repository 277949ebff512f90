"""What reading makes once for all hosts is what Ansible makes for each: no host gets anything of another."""

from __future__ import annotations

import functools
import inspect
import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests.utils
import xmltodict
from ansible import context
from ansible._internal._templating import _jinja_bits
from ansible._internal._templating._jinja_bits import AnsibleEnvironment
from ansible.executor.powershell import module_manifest
from ansible.parsing.dataloader import DataLoader
from ansible.playbook import attribute
from ansible.playbook.task import Task
from ansible.plugins.loader import become_loader
from ansible.template import Templar, trust_as_template
from ansible.utils.context_objects import CLIArgs
from spnego._ntlm_raw.crypto import lmowfv1
from winrm.transport import Transport

from smartfleet.reading import messages, sessions
from smartfleet.reading.kept import Kept
from smartfleet.reading.templates import compile_once
from smartfleet.reading.transports import ask_plainly

MODULE = b"#!powershell\n#AnsibleRequires -CSharpUtil Ansible.Basic\n#Requires -Module Ansible.ModuleUtils.Legacy\n"
ARGUMENTS = {"root": "/", "users": [], "_ansible_no_log": False, "_ansible_check_mode": False}
GIVEN: dict[str, Any] = {
    "name": "a.b.c",
    "module_data": MODULE,
    "module_path": "/playbooks/c.ps1",
    "module_args": ARGUMENTS,
    "environment": {},
    "async_timeout": 0,
    "become_plugin": None,
    "substyle": "powershell",
    "task_vars": {"ansible_password": "planted-a-variable"},
    "profile": "legacy",
}
NEW = "pwsh_interpreter"
"""A parameter since ansible-core 2.21."""
PARAMETERS = set(inspect.signature(module_manifest._create_powershell_wrapper).parameters)
OTHERS: dict[str, dict[str, Any]] = {
    "arguments": {"module_args": ARGUMENTS | {"users": ["planted-a-user"]}},
    "a secret": {"module_args": ARGUMENTS | {"token": "planted-t0ken"}},
    "no_log": {"module_args": ARGUMENTS | {"_ansible_no_log": True}},
    "check mode": {"module_args": ARGUMENTS | {"_ansible_check_mode": True}},
    "a number": {"module_args": ARGUMENTS | {"_ansible_no_log": 0}},
    "a text": {"module_args": ARGUMENTS | {"_ansible_no_log": "False"}},
    "temporary folder": {"module_args": ARGUMENTS | {"_ansible_remote_tmp": "D:\\temp"}},
    "environment": {"environment": {"TOKEN": "planted-env"}},
    "module": {"module_data": MODULE + b"# planted-module\n"},
    "utils": {"module_data": MODULE + b"#AnsibleRequires -CSharpUtil Ansible.Privilege\n"},
    "path": {"module_path": "/planted/c.ps1"},
    "name": {"name": "a.b.planted"},
    "script": {"substyle": "script"},
}
if NEW in PARAMETERS:
    OTHERS["interpreter"] = {NEW: "pwsh-planted"}


class Making:
    """Ansible's own way to make a message, and how often it was gone."""

    def __init__(self) -> None:
        self.times = 0
        self.message = messages.once(self._make)

    def _make(self, **given: Any) -> bytes:
        self.times += 1
        return fresh(given)


def fresh(given: Mapping[str, Any]) -> bytes:
    return bytes(module_manifest._create_powershell_wrapper(**given))


def test_hosts_with_the_same_options_share_a_message() -> None:
    making = Making()
    found = [making.message(**GIVEN | {"task_vars": {"inventory_hostname": name}}) for name in "abc"]
    assert set(found) == {fresh(GIVEN)}
    assert making.times == 1


@pytest.mark.parametrize("other", OTHERS)
def test_a_host_with_another_option_has_its_own_message(other: str) -> None:
    making, given = Making(), GIVEN | OTHERS[other]
    for _ in range(2):
        assert making.message(**GIVEN) == fresh(GIVEN)
        assert making.message(**given) == fresh(given)
    assert making.times == 2
    assert b"planted" not in making.message(**GIVEN)


def test_a_message_with_another_accounts_password_is_made_for_each_host() -> None:
    making, found = Making(), list[bytes]()
    for password in ("planted-1", "planted-2", "planted-1"):
        plugin = become_loader.get("runas")
        plugin.set_options(direct={"become_user": "admin", "become_pass": password})
        found.append(making.message(**GIVEN | {"become_plugin": plugin}))
        assert password.encode() in found[-1]
    assert making.times == 3
    assert b"planted-1" not in found[1]
    assert b"planted" not in making.message(**GIVEN)


@pytest.mark.parametrize(
    "more",
    [
        {"async_timeout": 60, "environment": {"ANSIBLE_ASYNC_DIR": "C:\\async"}},
        {"task_vars": {"_ansible_coverage_remote_output": "C:\\seen", "_ansible_coverage_remote_path_filter": "*"}},
    ],
    ids=["async", "coverage"],
)
def test_what_goes_into_a_message_besides_is_never_kept(more: dict[str, Any]) -> None:
    making = Making()
    assert making.message(**GIVEN | more) != making.message(**GIVEN)
    making.message(**GIVEN | more)
    assert making.times == 3


def test_arguments_that_cannot_be_written_are_left_to_ansible() -> None:
    with pytest.raises(TypeError):
        Making().message(**GIVEN | {"module_args": {"root": object()}})


def test_all_that_ansible_makes_a_message_of_is_known() -> None:
    assert PARAMETERS - {NEW} == set(GIVEN)
    fewer = {name: value for name, value in GIVEN.items() if name != "profile"}
    for unnamed, given in (((), GIVEN | {"of_a_later_ansible": True}), ((), fewer), (("a.b.c",), GIVEN)):
        made = iter([b"1", b"2"])
        make = messages.once(lambda *_, made=made, **__: next(made))
        assert [make(*unnamed, **given) for _ in range(2)] == [b"1", b"2"]


def test_libraries_of_another_shape_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(module_manifest, "_create_powershell_wrapper")
    messages.make_once()
    assert not hasattr(module_manifest, "_create_powershell_wrapper")
    compiling = AnsibleEnvironment.compile
    monkeypatch.delattr(_jinja_bits, "_TemplateCompileContext")
    compile_once()
    assert AnsibleEnvironment.compile is compiling
    monkeypatch.delattr(Transport, "build_session")
    sessions.spare(SimpleNamespace(transport="winrm"))


def test_the_oldest_goes() -> None:
    kept, made = Kept[int](2), list[int]()

    def making(number: int) -> Callable[[], int]:
        def make() -> int:
            made.append(number)
            return number

        return make

    for number in (1, 2, 1, 3, 2, 1):
        assert kept.of(number, making(number)) == number
    assert made == [1, 2, 3, 1]


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Templates are compiled once; which of them were."""
    made = list[str]()
    compiling = AnsibleEnvironment.compile

    def noting(environment: Any, source: Any, *rest: Any, **named: Any) -> Any:
        made.append(str(source))
        return compiling(environment, source, *rest, **named)

    monkeypatch.setattr(AnsibleEnvironment, "compile", noting)
    compile_once()
    return made


def templar(**variables: object) -> Templar:
    return Templar(loader=DataLoader(), variables=variables)


TEXT = trust_as_template("{{ root | default('/') }}-{{ password }}")


def test_a_template_is_compiled_once_and_filled_for_each_host(compiled: list[str]) -> None:
    hosts = [{"password": "planted-1"}, {"password": "planted-2", "root": "/srv"}, {"password": "planted-3"}]
    assert [templar(**host).template(TEXT) for host in hosts] == ["/-planted-1", "/srv-planted-2", "/-planted-3"]
    assert compiled == [str(TEXT)]


def test_a_condition_is_compiled_once_and_asked_for_each_host(compiled: list[str]) -> None:
    condition = trust_as_template("stop is not defined or password != 'planted-1'")
    stopped = {"stop": "1"}
    hosts = [{"password": "planted-1"}, stopped | {"password": "planted-1"}, stopped | {"password": "planted-2"}]
    assert [templar(**host).evaluate_conditional(condition) for host in hosts] == [True, False, True]
    assert len(compiled) == 1
    # the same text as a template is another thing
    assert templar().template(trust_as_template(str(condition))) == str(condition)
    text = trust_as_template("1 == 1 {{ 2 }}")
    assert templar().template(text) == "1 == 1 2"


def test_a_template_is_kept_with_the_way_it_is_read(compiled: list[str]) -> None:
    text = trust_as_template(r"{{ 'a\tb' }}")
    for _ in range(2):
        assert templar().template(text) == r"a\tb"
        assert templar().template(text, escape_backslashes=False) == "a\tb"
    assert len(compiled) == 2
    header = trust_as_template('#jinja2: variable_start_string:"[%", variable_end_string:"%]"\n{{ 1 }}[% 2 %]')
    assert [str(templar().template(header)) for _ in range(2)] == ["{{ 1 }}2"] * 2
    assert str(templar().template(trust_as_template("{{ 1 }}[% 2 %]"))) == "1[% 2 %]"


def test_chance_is_new_for_each_host(compiled: list[str]) -> None:
    text = trust_as_template(f"{{{{ {10**9} | random }}}}")
    random.seed(1)
    assert len({templar().template(text) for _ in range(5)}) == 5
    assert len(compiled) == 1


def test_a_template_that_is_wrong_is_wrong_for_each_host(compiled: list[str]) -> None:
    for text in ("{{ 1 | no_such_filter }}", "{{ 1 + }}"):
        said = set[str]()
        for _ in range(2):
            with pytest.raises(Exception, match=r"no_such_filter|Syntax error") as error:
                templar().template(trust_as_template(text))
            said.add(str(error.value))
        assert len(said) == 1
    assert len(compiled) == 4


URL = "https://pc.example:5986/wsman"
PROXIES: dict[str, dict[str, str]] = {
    "none": {},
    "one": {"HTTPS_PROXY": "http://proxy:1"},
    "for all": {"ALL_PROXY": "http://proxy:2"},
    "not there": {"https_proxy": "http://proxy:1", "no_proxy": "pc.example"},
    "elsewhere": {"https_proxy": "http://proxy:1", "no_proxy": "other.example"},
}


@pytest.mark.parametrize("named", ["legacy_requests", None, "http://own:3"])
@pytest.mark.parametrize("environment", PROXIES)
@pytest.mark.filterwarnings("ignore:'pywinrm' will use an environment")
def test_a_session_takes_the_same_proxy(monkeypatch: pytest.MonkeyPatch, environment: str, named: str | None) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in PROXIES[environment].items():
        monkeypatch.setenv(name, value)

    def proxy(build: Any) -> str | None:
        session = build(Transport(URL, "admin", "secret", auth_method="ntlm", proxy=named))
        sent: Any = SimpleNamespace(url=URL)
        found = requests.utils.resolve_proxies(sent, session.proxies, session.trust_env)
        return requests.utils.select_proxy(URL, found)

    assert proxy(sessions.looking_once(Transport.build_session)) == proxy(Transport.build_session)


@pytest.mark.parametrize("method", ["ntlm", "basic", "ssl"])
def test_a_session_that_knows_its_account_stops_looking(method: Any) -> None:
    build = sessions.looking_once(Transport.build_session)
    assert not build(Transport(URL, "admin", "secret", auth_method=method)).trust_env


def test_a_session_with_a_certificate_looks_on(tmp_path: Path) -> None:
    for name in ("cert", "key"):
        (tmp_path / name).touch()
    files = {"cert_pem": str(tmp_path / "cert"), "cert_key_pem": str(tmp_path / "key")}
    transport: Any = functools.partial(Transport, URL, auth_method="certificate")
    assert sessions.looking_once(Transport.build_session)(transport(**files)).trust_env


@pytest.mark.skipif(not hasattr(attribute, "ConnectionFieldAttribute"), reason="ansible-core 2.21 chooses nothing")
@pytest.mark.parametrize("named", ["ssh", "community.general.some", "smart", "persistent"])
def test_paramiko_is_asked_for_where_ansible_is_to_choose(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    asked, real = list[str](), attribute.ConnectionFieldAttribute.__get__

    def choosing(field: Any, *rest: Any) -> Any:
        asked.append(named)
        return real(field, *rest)

    monkeypatch.setattr(attribute.ConnectionFieldAttribute, "__get__", choosing)
    monkeypatch.setattr(context, "CLIARGS", CLIArgs({"connection": named}))
    task = Task()
    before = task.connection
    asked.clear()
    ask_plainly()
    assert task.connection == before
    assert asked == ([named] if named in {"smart", "persistent"} else [])


def test_only_winrm_is_spared(monkeypatch: pytest.MonkeyPatch) -> None:
    import spnego._ntlm  # noqa: PLC0415 - it has a function that is replaced here

    for owner, name in ((Transport, "build_session"), (xmltodict, "unparse"), (spnego._ntlm, "lmowfv1")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    before = Transport.build_session
    sessions.spare(SimpleNamespace(transport="ssh"))
    assert Transport.build_session is before
    for _ in range(2):
        sessions.spare(SimpleNamespace(transport="winrm"))
        assert Transport.build_session.__wrapped__ is before  # type: ignore[attr-defined]
    for password in ("planted-1", "planted-2", "planted-1"):
        assert spnego._ntlm.lmowfv1(password) == lmowfv1(password)  # type: ignore[attr-defined]


def test_a_message_is_what_ansible_writes_of_its_arguments() -> None:
    """As the key of a message takes for granted."""
    assert json.dumps(ARGUMENTS).encode() in fresh(GIVEN)

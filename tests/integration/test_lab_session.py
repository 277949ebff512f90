"""The lab's session bus, asked by both of the project's D-Bus clients and, where it is installed, by secret-tool."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import keyring as host_keyring

from smartfleet.errors import LabError
from smartfleet.lab.host import LabHost, LabUser

pytestmark = pytest.mark.once

KEY = "anna:http://old.example/:0"
NEW = "anna:http://new.example/:0"


@pytest.fixture
def user(host: LabHost) -> LabUser:
    person = host.add_user("anna")
    person.log_on()
    person.store_secret(KEY, "geheim-ä")
    return person


def session(user: LabUser) -> dict[str, str]:
    return {"DBUS_SESSION_BUS_ADDRESS": user.bus, "XDG_RUNTIME_DIR": os.fspath(user.runtime)}


def test_the_module_copies_a_secret(user: LabUser) -> None:
    assert host_keyring.look(session(user)) == {"keyring": "unlocked", "secrets": [KEY]}
    host_keyring.copy(session(user), [(KEY, NEW)])
    assert user.secret(NEW) == "geheim-ä"
    assert user.secret_names() == [NEW, KEY]


@pytest.mark.parametrize("name", ["a;b", "c,d=e", "jörg 100%"])
def test_whoever_is_logged_on_has_a_keyring_whatever_he_is_called(host: LabHost, name: str) -> None:
    """The bus lies in a folder of that name, which both of the project's D-Bus clients are led to by its address."""
    user = host.add_user(name)
    user.log_on()
    user.store_secret(KEY, "geheim")
    assert user.secret(KEY) == "geheim"
    assert host_keyring.look(session(user)) == {"keyring": "unlocked", "secrets": [KEY]}


def test_a_locked_keyring_shows_names_and_no_values(user: LabUser) -> None:
    user.log_on(locked=True)
    assert host_keyring.look(session(user))["keyring"] == "locked"
    assert user.secret(KEY) is None
    with pytest.raises(LabError):
        user.store_secret(NEW, "x")
    user.log_on(locked=False)
    assert user.secret(KEY) == "geheim-ä"


def test_logging_out_ends_the_session_and_keeps_the_secrets(user: LabUser) -> None:
    user.log_off()
    assert not user.runtime.exists()
    assert user.secret(KEY) is None
    user.log_on()
    assert user.secret(KEY) == "geheim-ä"


@pytest.mark.skipif(shutil.which("secret-tool") is None, reason="secret-tool (libsecret-tools) is not installed")
def test_secret_tool_reads_it(user: LabUser) -> None:
    command = ["secret-tool", "lookup", "user", KEY, "server", "Nextcloud"]
    found = subprocess.run(command, env={**os.environ, **session(user)}, capture_output=True, check=True, timeout=600)
    assert found.stdout.decode() == "geheim-ä"

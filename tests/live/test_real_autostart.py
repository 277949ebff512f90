"""The autostart entry that Debian's own client writes and removes is what an audit reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import hostfacts

from smartfleet.lab.host import AUTOSTART, AUTOSTART_ENTRY
from tests.live.conftest import Person

pytestmark = pytest.mark.live
# What the box "Launch on system startup" in the client's settings calls, in the client's own library: (Qt's copy of a
# name), switched on or off. A program that runs from an AppImage writes the image's path, which is told by APPIMAGE.
TICK = """
import ctypes, sys

qt = ctypes.CDLL("libQt5Core.so.5", mode=ctypes.RTLD_GLOBAL)
client = ctypes.CDLL("libnextcloud_csync.so.0")


def text(value):
    room = ctypes.c_void_p()
    qt._ZN7QString15fromUtf8_helperEPKci(ctypes.byref(room), value.encode(), len(value))
    return ctypes.byref(room)


tick = client._ZN3OCC7Utility18setLaunchOnStartupERK7QStringS3_b
tick(text("Nextcloud"), text("Nextcloud"), ctypes.c_bool(sys.argv[1] == "on"))
"""
PROGRAM = "/usr/bin/nextcloud"


def seen(person: Person) -> str:
    (profile,) = hostfacts.look("/", [person.user.name])["profiles"]
    return str(profile["autostart"])


def test_what_the_client_writes_is_seen(person: Callable[..., Person]) -> None:
    anna = person("anna")
    entry = anna.user.home / AUTOSTART
    env = {**anna.desktop.env, "APPIMAGE": PROGRAM}

    def tick(state: str) -> None:
        anna.user.run("/usr/bin/python3", "-c", TICK, state, env=env)

    assert (seen(anna), entry.exists()) == ("off", False)
    anna.desktop.start_client()
    tick("on")
    # the lab's people have what the real client writes, to the letter
    assert entry.read_text(encoding="utf-8") == AUTOSTART_ENTRY
    assert seen(anna) == "on"
    anna.desktop.quit_client()
    anna.desktop.log_out()
    assert seen(anna) == "on"
    tick("off")
    assert (seen(anna), entry.exists()) == ("off", False)


def test_an_entry_for_everybody_that_the_user_switches_off(person: Callable[..., Person]) -> None:
    """As an administrator rolls it out, and as GNOME's and Plasma's settings switch it off for one user."""
    anna, ben = person("anna"), person("ben")
    system = Path("/etc/xdg/autostart/sf-test-nextcloud.desktop")
    system.parent.mkdir(parents=True, exist_ok=True)
    system.write_text(AUTOSTART_ENTRY, encoding="utf-8")
    try:
        hidden = AUTOSTART_ENTRY + "Hidden=true\n"
        ben.user.write(ben.user.home / ".config/autostart" / system.name, hidden.encode())
        assert (seen(anna), seen(ben)) == ("on", "off")
    finally:
        system.unlink()

"""Notices on a real desktop: dunst shows them, and its user answers by the menu that it offers."""

from __future__ import annotations

import json
import re
import shutil
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.live.conftest import Person, smartfleet
from tests.live.desktop import Desktop

pytestmark = pytest.mark.skipif(shutil.which("dunst") is None, reason="not installed: dunst (make live-deps)")
SETTINGS = """\
[global]
markup = full
dmenu = {menu}
history_length = 50
"""
MENU = """\
#!/bin/sh
grep -F "{label}"
"""


class Dunst:
    """The service that shows notices in one session."""

    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop
        self._menu = desktop.user.home / "menu"
        settings = desktop.user.home / "dunstrc"
        desktop.user.write(settings, SETTINGS.format(menu=self._menu).encode())
        desktop.start_notices(settings)

    def shown(self) -> list[dict[str, Any]]:
        """Everything that was shown so far, oldest first. Takes it from the screen."""
        self._control("close-all")
        history = json.loads(self._control("history"))
        plain = [{name: entry["data"] for name, entry in one.items()} for one in history["data"][0]]
        return sorted(plain, key=lambda one: int(one["id"]))

    @contextmanager
    def user_chooses(self, label: str) -> Iterator[None]:
        """Somebody opens the menu of the next question, and takes the button with this label."""
        self._desktop.user.write(self._menu, MENU.format(label=label).encode())
        self._menu.chmod(stat.S_IRWXU)
        over = threading.Event()

        def look() -> None:
            while not over.wait(0.2):
                if int(self._control("count", "displayed")):
                    self._control("context")

        person = threading.Thread(target=look)
        person.start()
        try:
            yield
        finally:
            over.set()
            person.join()

    def _control(self, *words: str) -> str:
        return self._desktop.user.run("dunstctl", *words, env=self._desktop.env)


def configure(fleet: Path, **notices: object) -> None:
    file = fleet / "smartfleet.yml"
    text = re.sub(r"^notices:\n(  .*\n)+", "", file.read_text("utf-8"), flags=re.MULTILINE)
    file.write_text(f"{text}\nnotices: {json.dumps(notices)}\n", "utf-8")


def test_a_desktop_shows_the_text_as_it_stands(person: Callable[..., Person]) -> None:
    anna = person("anna")
    fleet = anna.machine.fleet("notices")
    configure(fleet, language="de", text="1 < 2 & <b>fett</b>")
    dunst = Dunst(anna.desktop)
    assert smartfleet(fleet, "audit").code == 0
    told = smartfleet(fleet, "notify", "announce", "--yes")
    assert told.code == 0, told
    assert [one["state"] for one in told.document["notices"] if one["user"] == anna.user.name] == ["shown"]
    (seen,) = dunst.shown()
    assert seen["summary"] == "Ihre Nextcloud bekommt eine neue Adresse"
    # in markup, which is what dunst reads: shown is what stands in smartfleet.yml
    assert seen["body"].endswith("\n1 &lt; 2 &amp; &lt;b&gt;fett&lt;/b&gt;")
    assert seen["timeout"] == 0


def test_a_user_puts_the_move_off_once(person: Callable[..., Person], tmp_path: Path) -> None:
    anna = person("anna")
    anna.first_sync()
    fleet = anna.machine.fleet("postponing")
    configure(fleet, language="de", postpone=1, postpone_for="5s", answer_within="20s", show=True)
    dunst = Dunst(anna.desktop)
    assert smartfleet(fleet, "audit").code == 0
    plan = str(tmp_path / "plan.json")
    assert smartfleet(fleet, "plan", "--user", anna.user.name, "--out", plan).code == 0
    with dunst.user_chooses("Nein"):
        later = smartfleet(fleet, "apply", plan, "--yes")
    assert (later.code, later.codes()) == (6, {"postponed"}), later
    time.sleep(5)
    now = smartfleet(fleet, "apply", plan, "--yes")
    assert now.outcomes() == {anna.user.name: "moved"}, now
    titles = [one["summary"] for one in dunst.shown()]
    assert titles == ["Darf Ihre Nextcloud jetzt umgestellt werden?", "Ihre Nextcloud wird jetzt umgestellt"]

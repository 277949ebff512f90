"""Printing with a Chromium that is missing, fails, hangs or works. Each is a script; test_pdf.py has the real one."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest

from smartfleet.chromium import find, print_page
from smartfleet.errors import ReportError

PRINT = """
for option in "$@"; do
  case "$option" in
    --print-to-pdf=*) printed="${option#*=}";;
    file://*) page="${option#file://}";;
  esac
done
"""


def chromium(folder: Path, script: str, name: str = "chromium") -> dict[str, str]:
    """An environment in which Chromium is `script`."""
    program = folder / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{PRINT}{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:/usr/bin:/bin", "TMPDIR": str(folder)}


def write(page: BinaryIO) -> None:
    page.write(b"<p>page</p>")


def printed(environment: dict[str, str], *, seconds: float = 20.0) -> bytes:
    out = BytesIO()
    print_page(write, out, environment, seconds=seconds)
    return out.getvalue()


def test_what_was_printed_is_handed_on(tmp_path: Path) -> None:
    assert printed(chromium(tmp_path, '{ printf "%%PDF "; cat "$page"; } > "$printed"')) == b"%PDF <p>page</p>"


@pytest.mark.parametrize("name", ["chromium-browser", "google-chrome", "microsoft-edge-stable"])
def test_other_names_of_chromium_are_known(tmp_path: Path, name: str) -> None:
    environment = chromium(tmp_path, "", name) | {"PATH": str(tmp_path / "bin")}
    assert find(environment) == str(tmp_path / "bin" / name)


def test_a_machine_without_chromium_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ReportError) as error:
        printed({"PATH": str(tmp_path)})
    assert error.value.code == "report/no-chromium"
    assert "apt-get install chromium" in error.value.do


def test_its_last_words_are_told_and_harmless(tmp_path: Path) -> None:
    with pytest.raises(ReportError) as error:
        printed(chromium(tmp_path, r'printf "no \033[2Jroom" >&2; exit 21'))
    assert error.value.code == "report/chromium-failed"
    assert error.value.message.endswith(r"it ended without a PDF: no \x1b[2Jroom")


def test_one_that_said_nothing_is_told_by_its_end(tmp_path: Path) -> None:
    with pytest.raises(ReportError) as error:
        printed(chromium(tmp_path, "exit 3"))
    assert error.value.message.endswith("it ended without a PDF: exit 3")


def test_one_that_hangs_ends_with_all_that_it_started(tmp_path: Path) -> None:
    script = f"sleep 300 & echo $! > {tmp_path}/child; trap '' TERM; wait"
    with pytest.raises(ReportError, match=r"it was not done in 2 s"):
        printed(chromium(tmp_path, script), seconds=2)
    child = int((tmp_path / "child").read_text())
    until = time.monotonic() + 60
    while alive(child) and time.monotonic() < until:
        time.sleep(0.02)
    assert not alive(child)


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    # who is dead and not yet taken note of is a zombie
    return ") Z" not in state


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    printed(chromium(tmp_path, 'echo "$XDG_CONFIG_HOME" > "$printed"'))
    assert list((tmp_path / "tmp").iterdir()) == []

"""An emulated Windows machine's disk, registry, attributes and installer: what stands for Windows, as data."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from smartfleet.lab.windows import msi
from smartfleet.lab.windows.attributes import PLACEHOLDER
from smartfleet.lab.windows.build import add_person, make_machine
from smartfleet.lab.windows.desktop import CloudFiles
from smartfleet.lab.windows.drive import Drive, NotOnDrive, inside, parts, same
from smartfleet.lab.windows.machine import WindowsMachine
from smartfleet.lab.windows.products import EXE, packed, product, unpacked
from smartfleet.lab.windows.store import JsonFile


@pytest.fixture
def machine(tmp_path: Path) -> WindowsMachine:
    return make_machine(tmp_path / "PC-1", admin="admin", password="secret", version="3.16.7", qt=6)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("C:\\", []),
        ("c:/", []),
        (r"C:\Users\eva", ["Users", "eva"]),
        ("C:/Users/eva/Nextcloud/", ["Users", "eva", "Nextcloud"]),
        (r"\\?\C:\Users\eva", ["Users", "eva"]),
        (r"C:\Users\..\Windows\.\Temp", ["Windows", "Temp"]),
        (r"C:\..\..\etc", ["etc"]),
    ],
)
def test_the_parts_of_a_path(path: str, expected: list[str]) -> None:
    assert parts(path) == expected


@pytest.mark.parametrize("path", ["", "Users", r"\Users", "D:\\x", "//server/share/x", "C:Users", "/etc/passwd"])
def test_what_is_no_path_on_the_drive(path: str) -> None:
    with pytest.raises(NotOnDrive):
        parts(path)


def test_case_does_not_matter_on_the_disk(tmp_path: Path) -> None:
    drive = Drive(tmp_path)
    (tmp_path / "Users/Éva").mkdir(parents=True)
    assert drive.real(r"c:\USERS\éVA\New Folder") == tmp_path / "Users/Éva/New Folder"
    assert drive.spelled(tmp_path / "Users/Éva") == r"C:\Users\Éva"
    assert drive.spelled(tmp_path) == "C:\\"


def test_a_junction_anywhere_on_the_way_is_found(tmp_path: Path) -> None:
    drive = Drive(tmp_path)
    (tmp_path / "Users/eva").mkdir(parents=True)
    (tmp_path / "Users/eva/Link").symlink_to(tmp_path / "Users")
    assert drive.reparse_point(r"C:\Users\EVA\link\eva\x") == tmp_path / "Users/eva/Link"
    assert drive.reparse_point(r"C:\Users\eva\missing\x") is None


def test_messages_name_files_as_windows_does(tmp_path: Path) -> None:
    drive = Drive(tmp_path)
    assert drive.spell_all(f"{tmp_path}/Users/eva/a b.txt") == r"C:\Users\eva\a b.txt"
    assert drive.spell_all(f"cannot open {tmp_path}/Users/x: gone") == r"cannot open C:\Users\x: gone"
    assert drive.spell_all("nothing to see") == "nothing to see"


@pytest.mark.parametrize(
    ("one", "other", "equal", "within"),
    [
        (r"C:\Users\eva", "c:/users/EVA/", True, True),
        (r"C:\Users\eva\x", r"C:\Users\eva", False, True),
        (r"C:\Users\evamaria", r"C:\Users\eva", False, False),
        (r"\\?\C:\Users\eva", r"C:\Users\eva", True, True),
    ],
)
def test_places_are_compared_without_case(one: str, other: str, equal: bool, within: bool) -> None:  # noqa: FBT001
    assert same(one, other) is equal
    assert inside(one, other) is within


def test_the_registry_has_no_case(machine: WindowsMachine) -> None:
    registry = machine.registry
    registry.put(r"HKLM\Software\Vendor", "Name", "text")
    registry.put(r"hklm\SOFTWARE\vendor", "NAME", "other")
    registry.put(r"HKLM\SOFTWARE\Vendor\Below\Deep", "", 1, "REG_DWORD")
    assert registry.value(r"HKLM\SOFTWARE\VENDOR", "name") == "other"
    assert registry.values(r"HKLM\Software\Vendor") == {"Name": "other"}
    assert registry.subkeys(r"HKLM\software\vendor") == ["Below"]
    assert registry.delete(r"HKLM\SOFTWARE\Vendor\below")
    assert not registry.exists(r"HKLM\SOFTWARE\Vendor\Below\Deep")
    assert not registry.delete(r"HKLM\SOFTWARE\Vendor\Below")


def test_a_json_file_is_private_and_loses_nothing(tmp_path: Path) -> None:
    file = JsonFile(tmp_path / "a.json")

    def add(number: int) -> None:
        with file.changing() as content:
            content[str(number)] = number

    threads = [threading.Thread(target=add, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(file.read()) == 20
    assert file.path.stat().st_mode & 0o077 == 0


def test_a_change_that_fails_is_no_change(tmp_path: Path) -> None:
    file = JsonFile(tmp_path / "a.json")

    def fail() -> None:
        with file.changing() as content:
            content["half"] = 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert file.read() == {}


def test_a_machine_is_installed(machine: WindowsMachine) -> None:
    found = product(machine.registry)
    assert found is not None
    assert found[1] == "3.16.7"
    assert unpacked(packed(found[0])) == found[0]
    assert machine.drive.real(EXE).stat().st_mode & 0o100
    assert machine.password("PC-1\\ADMIN") == machine.password("admin@pc-1.example") == "secret"
    assert machine.is_admin("Admin")
    assert (machine.root / "var/lib").resolve() == (machine.drive.root / "ProgramData").resolve()


def test_installer_codes_are_turned_around_as_windows_does() -> None:
    assert packed("{FD2FCCA9-BB8F-4485-8F70-A0621B84A7F4}") == "9ACCF2DFF8BB5844F8070A26B1487A4F"


def test_people_have_profiles_and_others_have_no_way_in(machine: WindowsMachine) -> None:
    add_person(machine, "eva", home=r"C:\Users\eva.CORP")
    profile = machine.profile("eva")
    assert (profile.home, profile.roaming) == (r"C:\Users\eva.CORP", r"C:\Users\eva.CORP\AppData\Roaming")
    assert profile.sid != machine.profile("admin").sid
    assert machine.password("eva") is None
    assert not machine.is_admin("eva")
    assert machine.home("eva") == r"C:\Users\eva.CORP"
    assert machine.local_path(r"%TEMP%\x", "eva") == machine.drive.root / "Users/eva.CORP/AppData/Local/Temp/x"


def test_a_placeholder_is_told_by_its_attribute_alone(machine: WindowsMachine) -> None:
    folder = machine.drive.root / "Users/Public"
    full, empty = folder / "full.txt", folder / "empty.txt"
    for file in (full, empty):
        file.write_bytes(bytes(10))
    cloud = CloudFiles(machine.attributes)
    cloud.mark(empty)
    assert machine.attributes.file.read() == {r"C:\Users\Public\empty.txt": PLACEHOLDER}
    assert cloud.is_placeholder("empty.txt", empty.lstat())
    assert not cloud.is_placeholder("full.txt", full.lstat())
    test = machine.attributes.placeholder_test()
    assert [test(0, os.fsencode(one.name), one.lstat()) for one in (full, empty)] == [False, True]
    cloud.unmark(empty)
    assert not cloud.is_placeholder("empty.txt", empty.lstat())


def test_an_installer_tells_what_it_brings() -> None:
    package = msi.Package("3.16.7", 6, "{1}")
    assert msi.read(msi.write(package)) == package
    with pytest.raises(ValueError, match="no MSI"):
        msi.read(json.dumps({}).encode())

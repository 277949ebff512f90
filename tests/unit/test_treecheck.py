"""Which folders of a host are checked, whatever its users wrote."""

from __future__ import annotations

import os
from pathlib import Path

from ansible_collections.smartde.nextcloud.plugins.module_utils.people import Person
from ansible_collections.smartde.nextcloud.plugins.module_utils.treecheck import FOLDER_LIMIT, named_folders


def test_a_configuration_of_many_folders_costs_no_more_than_a_large_one(tmp_path: Path) -> None:
    config = tmp_path / ".config/Nextcloud/nextcloud.cfg"
    config.parent.mkdir(parents=True)
    folders = [f"0\\Folders\\{number}\\localPath=/x/{number}" for number in range(20_000)]
    config.write_text("\n".join(["[Accounts]", "0\\url=http://old", *folders]) + "\n")
    (profile,) = named_folders(Person("eva", os.geteuid(), os.getegid(), str(tmp_path)), [], str(tmp_path))
    assert [folder["alias"] for folder in profile["folders"]] == [str(number) for number in range(FOLDER_LIMIT)]
    (problem,) = profile["problems"]
    assert (problem["code"], problem["message"].partition(":")[0]) == ("too-much", "eva")


def test_a_broken_configuration_is_a_problem_and_no_folder(tmp_path: Path) -> None:
    config = tmp_path / ".config/Nextcloud/nextcloud.cfg"
    config.parent.mkdir(parents=True)
    config.write_bytes(b"\x7fELF\0\1")
    (profile,) = named_folders(Person("eva", os.geteuid(), os.getegid(), str(tmp_path)), [], str(tmp_path))
    assert profile["folders"] == []
    assert [problem["code"] for problem in profile["problems"]] == ["config-unreadable"]

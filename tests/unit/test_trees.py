"""What a Windows host lists of a folder, compared on the controller: as the Linux twin compares on the host itself."""

from __future__ import annotations

import base64
import gzip
import io
import resource
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.manifest import Item, write
from ansible_collections.smartde.nextcloud.plugins.plugin_utils import trees
from ansible_collections.smartde.nextcloud.plugins.plugin_utils.trees import Wish, folder_check, needs_comparing

from smartfleet.model.results import FolderCheck
from smartfleet.verdict import judge
from tests.unit.listed import NAME, NAMES, folder, listing, raw

__all__ = ["folder"]


def test_equal_digests_need_no_list(folder: Path, tmp_path: Path) -> None:
    before = listing(folder)
    told = raw(folder, before, "size", files=7, links=1, listing="", before_listing="", journal=None)
    assert not needs_comparing(told)
    found = folder_check(told, Wish("size", 20), tmp_path)
    assert (found["before"]["done"], found["before"]["same"], found["journal"]["done"]) == (True, 8, False)
    assert judge("pc-1", FolderCheck.model_validate(found)).verdict == "match"


@pytest.mark.parametrize(
    ("more", "state", "reason"),
    [
        ({"state": "link", "detail": "a junction"}, "link", "the folder was not looked at: link"),
        ({"bring_refused": "99 bytes, more than bring_bytes"}, "ok", "99 bytes, more than bring_bytes"),
        ({"listing": "%%%"}, "unreadable", "listing of the host's answer cannot be read"),
        ({"listing": base64.b64encode(b"no gzip").decode()}, "unreadable", "the host's list of the folder cannot"),
        ({"listing": ""}, "unreadable", "the host sent no list of the folder"),
        ({"journal": "text"}, "ok", "the host sent no journal"),
        ({"journal": {"name": NAME, "state": "ok", "db": "%"}}, "ok", f"the journal {NAME} is unreadable: db of the"),
        ({"journal": {"name": NAME, "state": "ok", "db": "bm8="}}, "ok", f"the journal {NAME} is unreadable: it came"),
        ({"excludes": 7}, "unreadable", "excludes of the host's answer cannot be read"),
        ({"files": "many", "bytes": -1, "level": "size"}, "ok", ""),
    ],
)
def test_what_a_host_sends_is_not_believed(
    folder: Path, tmp_path: Path, more: dict[str, Any], state: str, reason: str
) -> None:
    told = raw(folder, listing(folder), "size") | {"before_digest": "another"} | more
    found = folder_check(told, Wish("size", 20), tmp_path)
    assert found["state"] == state
    assert found["journal"]["reason"].startswith(reason)
    FolderCheck.model_validate(found)
    assert list(tmp_path.glob("journal-*")) == []


def test_a_journal_that_unpacks_without_end_is_left_out(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "JOURNAL_LIMIT", 10_000_000)
    bomb = base64.b64encode(gzip.compress(bytes(20_000_000))).decode()
    told = raw(folder, None, "journal") | {"journal": {"name": NAME, "state": "ok", "db": bomb}}
    found = folder_check(told, Wish("journal", 20), tmp_path)
    assert found["journal"]["reason"].endswith("it has more than 10000000 bytes")


def test_memory_does_not_grow_with_the_tree(tmp_path: Path) -> None:
    def told(number: int) -> dict[str, Any]:
        stream = io.BytesIO()
        write(stream, (Item(b"folder/%08d.txt" % place, place, place, "file") for place in range(number)))
        return {**NAMES, "state": "ok", "listing": base64.b64encode(stream.getvalue()).decode(), "no_before": "none"}

    folder_check(told(1000), Wish("size", 5), tmp_path)
    large = told(200_000)
    begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = folder_check(large, Wish("size", 5), tmp_path)
    assert found["files"] == 200_000
    # the answer itself is 3 MB, its names alone would be 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begin < 16 * 1024

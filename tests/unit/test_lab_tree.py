"""The lab server's tree: ids stay, etags propagate."""

from __future__ import annotations

import itertools

import pytest

from smartfleet.lab.server.tree import Tree, TreeError


@pytest.fixture
def tree() -> Tree:
    made = Tree("ocabcdefghij", itertools.count(2), 0)
    made.make_folders("a/b", 0)
    made.put("a/b/f.txt", b"hello", 100)
    made.put("other.txt", b"x", 100)
    return made


def etags(tree: Tree) -> dict[str, str]:
    return {"": tree.root.etag} | {path: node.etag for path, node in tree.walk()}


def test_a_change_gives_new_etags_up_to_the_root_and_nowhere_else(tree: Tree) -> None:
    before = etags(tree)
    tree.put("a/b/f.txt", b"changed", 101)
    after = etags(tree)
    assert {path for path in after if after[path] != before[path]} == {"", "a", "a/b", "a/b/f.txt"}


def test_a_file_keeps_its_id_when_it_is_written_and_moved(tree: Tree) -> None:
    number = tree.get("a/b/f.txt").number
    tree.put("a/b/f.txt", b"changed", 101)
    assert tree.move("a/b/f.txt", "a/g.txt")
    assert tree.get("a/g.txt").number == number
    assert tree.find("a/b/f.txt") is None


def test_ids_end_with_the_instance(tree: Tree) -> None:
    assert tree.oc_id(tree.root) == "00000002ocabcdefghij"


def test_a_folder_counts_what_is_below_it(tree: Tree) -> None:
    assert tree.root.size() == 6


@pytest.mark.parametrize(("path", "status"), [("no/parent.txt", 409), ("a", 405), ("", 405), ("a/../f", 400)])
def test_writing_where_no_file_can_be(tree: Tree, path: str, status: int) -> None:
    with pytest.raises(TreeError) as caught:
        tree.put(path, b"", 0)
    assert caught.value.status == status


def test_a_stale_etag_is_refused(tree: Tree) -> None:
    etag = tree.get("other.txt").etag
    tree.put("other.txt", b"y", 101, if_match=etag)
    with pytest.raises(TreeError) as caught:
        tree.put("other.txt", b"z", 102, if_match=etag)
    assert caught.value.status == 412


def test_a_folder_cannot_move_into_itself(tree: Tree) -> None:
    with pytest.raises(TreeError) as caught:
        tree.move("a", "a/b/c")
    assert caught.value.status == 409

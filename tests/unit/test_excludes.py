"""The client's exclude lists, as its own source reads them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.excludes import matcher, read

LIST = rb"""# comment
*~
]~$*
.~lock.*
].Trash-*
*.sb-*
Icon?
\#*#
build/
docs/private/*.key
[a-c]x
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"a/letter.odt~", True),
        (b"~$letter.docx", True),
        (b"a/.~lock.letter.odt#", True),
        (b".Trash-1000/files/x", True),
        (b"IconX", True),
        (b"Icon", False),
        (b"#draft#", True),
        (b"build/out/main.o", True),
        (b"docs/private/a.key", True),
        (b"docs/private/deep/a.key", False),
        (b"other/docs/private/a.key", False),
        (b"bx", True),
        (b"dx", False),
        (b"letter.odt", False),
        (b"#comment", False),
        (b".hidden/file", False),
        (b"\xff\n", False),
    ],
)
def test_patterns(path: bytes, expected: bool) -> None:  # noqa: FBT001 - a table
    assert matcher(LIST, hidden=False)(path) is expected


def test_hidden_names_where_the_folder_ignores_them() -> None:
    unsynced = matcher(b"", hidden=True)
    assert unsynced(b".hidden/file")
    assert not unsynced(b"plain/file.x")


@pytest.mark.parametrize("broken", [b"[z-a]", b"[", b"]", b"((((", b"*" * 5000 + b"x", b"\\", b"/", b"\xff[\xfe"])
def test_broken_lists_do_no_harm(broken: bytes) -> None:
    assert matcher(broken, hidden=False)(b"a" * 300) is False


def test_lists_are_read_as_far_as_they_can_be(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"a")
    (tmp_path / "link").symlink_to("one")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "two").write_bytes(b"b")
    names = [str(tmp_path / name) for name in ("one", "missing", "link", "fifo", "two")]
    assert read(names) == b"a\nb"

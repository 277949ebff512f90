"""Folders to measure on: many small files and a few large ones; random bytes, the same at each run."""

from __future__ import annotations

import random
from pathlib import Path

PER_FOLDER = 50
SMALL, LARGE, LARGE_EVERY = (200, 12_000), 20_000_000, 10_000


def tree(root: Path, number: int, *, empty: bool = False) -> Path:
    """`number` files, 50 to a folder; `empty` ones take no room on the disk."""
    chance = random.Random(number)  # noqa: S311 - not a secret
    block = chance.randbytes(1 << 20)
    for index in range(number):
        folder = root / f"area {index // (PER_FOLDER * 20)}" / f"folder {index // PER_FOLDER}"
        if index % PER_FOLDER == 0:
            folder.mkdir(parents=True)
        content = b"" if empty else _content(chance, block, large=index % LARGE_EVERY == 0)
        (folder / f"document {index}.odt").write_bytes(content)
    return root


def bytes_in(root: Path) -> int:
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


def _content(chance: random.Random, block: bytes, *, large: bool) -> bytes:
    if large:
        return block * (LARGE // len(block))
    start = chance.randrange(len(block) // 2)
    return block[start : start + chance.randint(*SMALL)]

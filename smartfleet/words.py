"""What people read, in their language: catalogs of YAML in `templates/words/<language>`; a key begins with its file.

``checks.old-server.title`` is ``old-server: {title: ...}`` in ``checks.yml``. Values are put in as they are: whoever
shows the text makes it safe for where it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

Language = Literal["de", "en"]
# the same in C, where PyYAML was built with it: ten times as fast
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LANGUAGES: tuple[Language, ...] = ("en", "de")


@dataclass(frozen=True)
class Words:
    """All texts of one language, by key."""

    language: Language
    texts: Mapping[str, str]

    def __call__(self, key: str, /, **values: object) -> str:
        """The text with `values` in their places. KeyError for a key that the catalogs do not have."""
        text = self.texts[key]
        return text.format_map(values) if values else text

    def get(self, key: str) -> str:
        """The text as it stands in the catalog; "" where there is none, for what others may have added."""
        return self.texts.get(key, "")

    def of(self, *files: str) -> dict[str, str]:
        """The texts of some catalogs, for a page that fills them in itself."""
        return {key: text for key, text in self.texts.items() if key.partition(".")[0] in files}


def load_words(language: Language, templates: Path) -> Words:
    """All catalogs of a language; `templates` is the folder that holds ``words/``."""
    texts: dict[str, str] = {}
    for file in sorted((templates / "words" / language).glob("*.yml")):
        texts.update(_flat(yaml.load(file.read_text(encoding="utf-8"), _LOADER) or {}, file.stem))  # noqa: S506 - it is the safe one
    return Words(language, texts)


def _flat(tree: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        key = f"{prefix}.{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, key)
        else:
            yield key, str(value).strip()

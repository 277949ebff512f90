"""Text in Markdown that stays text: no markup, link, picture or mention comes out of it, whoever shows it."""

from __future__ import annotations

import re

from smartfleet.text import visible

# a colon before a letter begins an emoji, or what follows a scheme; a dot after www makes a link of it
_SPECIAL = re.compile(r"""[\\`*_{}\[\]<>#|~&$!^=]|:(?=\S)|(?<=www)\.""", re.IGNORECASE)
# a hyphen, a plus, and a number before a dot or a bracket begin a list, also inside of one
_BULLET = re.compile(r"^([0-9]*)([-+.)])", re.ASCII)
# forges look for people and tickets in the text as it is shown, but not in code
_FORGE = re.compile(r"[@#]")
_TICKS = re.compile("`+")


def code(text: str) -> str:
    """`text` as code; a hyphen where there is none."""
    shown = visible(text)
    if not shown.strip():
        return "\\-"
    fence = "`" * (1 + max((len(ticks) for ticks in _TICKS.findall(shown)), default=0))
    pad = " " if shown[0] in " `" or shown[-1] in " `" else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def plain(text: str) -> str:
    """A sentence; as code if there is something in it that would call somebody."""
    if _FORGE.search(text):
        return code(text)
    return _BULLET.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", visible(text).strip()))

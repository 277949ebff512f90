"""The list for the help desk, read back by a Markdown parser."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from smartfleet.report.forms.marks import code, plain
from smartfleet.text import visible
from tests.unit.reported import HOSTILE, folder, host, hostile, profile, report, result, written

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def flat(tokens: list[Token]) -> list[Token]:
    return [inner for token in tokens for inner in (token, *flat(token.children or []))]


def kinds(text: str) -> list[str]:
    """What is more than text and code."""
    return [token.type for token in flat(PARSER.parse(text)) if token.type not in {"text", "code_inline"}]


def shown(text: str) -> str:
    return "".join(token.content for token in flat(PARSER.parse(text)) if token.type in {"text", "code_inline"})


def test_what_is_to_be_done_stands_once_for_all_who_need_it() -> None:
    text = written("markdown", report()).decode("utf-8")
    at = text.index("### `smartfleet plan --limit pc-2`")
    assert text[at:].splitlines()[:5] == [
        "### `smartfleet plan --limit pc-2`",
        "",
        "Has to be done. Machines and users: 1",
        "",
        "- old-server is not as it should be `pc-2` `bo`",
    ]
    assert "### `smartfleet audit --limit pc-3`" in text
    assert "### `smartfleet show pc-2`" in text
    assert text.count("###") == 3


def test_a_reason_stands_once_for_all_who_have_it() -> None:
    rows = [profile(f"pc-{number}", state="old", do=f"smartfleet plan --limit pc-{number}", message="Still old.")
            for number in range(2)]  # fmt: skip
    text = written("markdown", report(profiles=rows, hosts=[host("pc-0"), host("pc-1")])).decode("utf-8")
    assert "### `smartfleet plan --limit pc-0,pc-1`" in text
    assert "\n- Still old. `pc-0` `eva`, `pc-1` `eva`\n" in text


def test_a_state_is_told_where_no_check_says_more() -> None:
    row = profile("pc-1", state="old", code="state-old", message="m", do="smartfleet plan --limit pc-1")
    text = written("markdown", report(profiles=[row], hosts=[host()]), "de").decode("utf-8")
    assert "- auf dem alten Server `pc-1` `eva`\n" in text


def test_what_is_waived_is_nothing_to_do() -> None:
    data = report()
    (waived,) = data.hosts[1].results
    host = data.hosts[1].model_copy(update={"results": [waived.model_copy(update={"do": "update it"})]})
    text = written("markdown", data.model_copy(update={"hosts": [host], "profiles": []})).decode("utf-8")
    assert "update it" not in text
    assert "Nothing." in text


def test_it_speaks_german() -> None:
    text = written("markdown", report(), "de").decode("utf-8")
    assert "## Was zu tun ist" in text
    assert "- Konforme Rechner: 1 von 3" in text


def test_what_mends_it_is_said_in_german_too() -> None:
    asks = "Ask the user whether the folder was moved on purpose. If not, smartfleet show {} tells the rest."
    names = ("pc-1", "pc-2")
    moved = {
        name: result("folder-moved", do=asks.format(name), do_text="checks.folder-moved.do", values={"host": name})
        for name in names
    }
    rows = [profile(name, folders=[folder(results=[moved[name]])]) for name in names]
    text = written("markdown", report(profiles=rows, hosts=[host(name) for name in names]), "de").decode("utf-8")
    assert "### Fragen Sie, ob der Ordner mit Absicht verlegt wurde. Wenn nicht, sagt smartfleet show HOST" in text
    assert text.count("###") == 1
    assert "Ask" not in text


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_no_name_is_more_than_text(name: str) -> None:
    text = written("markdown", hostile(name)).decode("utf-8")
    harmless = written("markdown", hostile("x" if name else "")).decode("utf-8")
    assert kinds(text) == kinds(harmless)
    assert visible(name).strip() in shown(text)
    assert text.replace("\n", "").isprintable()


@example("-")
@example("+ a")
@example("12.")
@example("1) a")
@given(st.text(st.characters(exclude_categories=["Cs"], include_characters="`*_[]<>&\\!#|~:@=^$ ")))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    for made in (code(text), plain(text)):
        line = f"- {made} end"
        assert kinds(line) == kinds("- a end")
        wanted = visible(text).strip() or ("-" if made == "\\-" else "")
        assert " ".join(shown(line).split()) == " ".join(f"{wanted} end".split())

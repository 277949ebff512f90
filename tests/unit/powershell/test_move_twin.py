"""The move in PowerShell against the one in Python: the same steps, names, limits and answers, read from both texts."""

from __future__ import annotations

import inspect
import re
import subprocess
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import (
    copycheck,
    cureproofs,
    excludes,
    gates,
    move,
    notices,
    ondisk,
    order,
    outcome,
    undo,
)

from smartfleet.model.results import Outcome
from tests.unit.powershell.scripts import PLUGINS

UTILS = PLUGINS / "module_utils"
# what only Windows has: the rest of the steps is the twin's
ONLY_HERE = {"remove-sync-roots", "undo-sync-roots"}
NOTHING: Any = None


def text(name: str) -> str:
    return (PLUGINS / name).read_text(encoding="utf-8")


def words(name: str, variable: str) -> list[str]:
    r"""The texts of ``$script:VARIABLE = @('a', 'b')``."""
    found = re.search(rf"^\$script:{variable} = @\((.*?)\)", text(name), re.MULTILINE | re.DOTALL)
    assert found, variable
    return re.findall(r"'([^']*)'", found[1])


def pattern(name: str, variable: str) -> str:
    found = re.search(rf"^\$script:{variable} = '\\A(.*)\\z'$", text(name), re.MULTILINE)
    assert found, variable
    return found[1]


def chosen(order: SimpleNamespace, *variables: str) -> list[str]:
    """The steps that Select-SfStep leaves for an order, which are the twin's too."""
    steps = "module_utils/Steps.psm1"
    left = set(words(steps, "OfMove") if order.cures else words(steps, "OfCure"))
    left |= set() if order.aside else set(words(steps, "OfAside"))
    left |= set() if any(one.carry for one in order.aside) else set(words(steps, "OfCarry"))
    return [name for variable in variables for name in words(steps, variable) if name not in left | ONLY_HERE]


def order_of(*cures: str, carry: bool | None = None) -> SimpleNamespace:
    return SimpleNamespace(cures=cures, aside=() if carry is None else (SimpleNamespace(carry=carry),))


ORDERS = [
    order_of(),
    order_of("drop-account"),
    order_of("repoint", carry=False),
    order_of("drop-account", "repoint", carry=True),
]


@pytest.mark.parametrize("given", ORDERS, ids=lambda one: f"{len(one.cures)} {len(one.aside)}")
def test_the_steps_are_the_twins_in_its_order(given: SimpleNamespace) -> None:
    profile: Any = SimpleNamespace(order=given)
    steps = [step.name for step in move.Move(profile, _Marks(), NOTHING).steps()]  # type: ignore[arg-type]
    assert chosen(given, "Prepare", "Commit") == steps
    assert tuple(words("module_utils/Steps.psm1", "Prepare")) == move.PREPARE
    assert words("module_utils/Steps.psm1", "Commit")[-1] == "remove-sync-roots"


@pytest.mark.parametrize("given", ORDERS, ids=lambda one: f"{len(one.cures)} {len(one.aside)}")
def test_the_way_back_is_the_twins(given: SimpleNamespace) -> None:
    profile: Any = SimpleNamespace(order=given)
    steps = [step.name for step in undo.undo_steps(profile, NOTHING)]
    assert chosen(given, "Back") == steps


def test_a_move_that_has_not_begun_is_asked_the_same_in_the_same_order() -> None:
    asked = {
        "_check_config": "Read-SfConfigFile",
        "require_writable": "Assert-SfWritable",
        "profile.folders": "Get-SfOrderFolder",
        "check_folders": "Assert-SfFolders",
        "require_space": "Assert-SfSpace",
    }
    here = text("module_utils/Gates.psm1").split("function Assert-SfGate ")[1].split("\nfunction ")[0]
    twin = inspect.getsource(gates.check)
    for body, words_of in ((here, asked.values()), (twin, asked.keys())):
        places = [body.find(word) for word in words_of]
        assert -1 not in places
        assert places == sorted(places)


def test_what_cannot_be_written_has_the_twins_code() -> None:
    here = text("module_utils/ConfigWrite.psm1").split("function Assert-SfWritable ")[1].split("\nfunction ")[0]
    codes = set(re.findall(r"New-SfRefusal -Code '([\w-]+)'", here))
    assert codes == set(re.findall(r'StepError\("([\w-]+)"', inspect.getsource(ondisk.PosixDisk.require_writable)))


def test_every_step_has_its_work() -> None:
    steps = text("module_utils/Steps.psm1")
    for variable in ("Prepare", "Commit", "Back"):
        for name in words("module_utils/Steps.psm1", variable):
            assert re.search(rf"^        '{name}' \{{ return ", steps, re.MULTILINE), name


def test_the_same_proofs_are_fatal() -> None:
    assert tuple(words("module_utils/Move.psm1", "Fatal")) == move.FATAL


def test_the_same_is_mended() -> None:
    assert tuple(words("module_utils/Order.psm1", "Cures")) == order.CURES


def test_what_speaks_against_a_cure_is_the_twins() -> None:
    codes = words("module_utils/CopyCheck.psm1", "Codes")
    assert tuple(codes) == copycheck._CODES
    proofs = text("module_utils/CureProofs.psm1")
    told = dict(re.findall(r"^    '([\w-]+)' = @\(\s*'([^']+)'", proofs, re.MULTILINE))
    assert {code: words.replace("{0}", "{count}") for code, words in told.items()} == {
        code: one.message for code, one in cureproofs._AGAINST.items()
    }


@pytest.mark.parametrize(
    ("file", "variable", "twin"),
    [
        ("CopyJudge", "Examples", copycheck.EXAMPLES),
        ("CopyCheck", "Few", copycheck.FEW),
        ("CopyCheck", "Share", copycheck.SHARE),
        ("Excludes", "MaxPatterns", excludes.MAX_PATTERNS),
        ("Excludes", "MaxStars", excludes.MAX_STARS),
        ("Excludes", "SizeLimit", excludes.SIZE_LIMIT),
        ("Notices", "TitleLimit", notices.TITLE_LIMIT),
        ("Notices", "TextLimit", notices.TEXT_LIMIT),
    ],
)
def test_the_limits_are_the_twins(file: str, variable: str, twin: int) -> None:
    found = re.search(rf"^\$script:{variable} = ([0-9]+)$", text(f"module_utils/{file}.psm1"), re.MULTILINE)
    assert found
    assert int(found[1]) == twin


@pytest.mark.parametrize(
    ("variable", "twin"), [("Cookies", order.COOKIES), ("Journal", order.JOURNAL), ("Sha256", order.SHA256)]
)
def test_an_order_reaches_no_more_than_the_twins(variable: str, twin: re.Pattern[str]) -> None:
    assert pattern("module_utils/Order.psm1", variable) == twin.pattern


@pytest.mark.parametrize(
    ("name", "fine"),
    [
        ("Nextcloud_eva:https://mein.smartde.coop/:0", True),
        ("Nextcloud_eva_app-password:https://mein.smartde.coop/:0", True),
        ("eva@mein.smartde.coop_proxy_password", True),
        ("TERMSRV/server", False),
        ("git:https://github.com", False),
        ("Nextcloud_", False),
        ("x\nNextcloud_eva", False),
    ],
)
def test_an_order_copies_no_credential_but_the_clients(name: str, fine: bool) -> None:  # noqa: FBT001 - a case's value
    assert (re.fullmatch(pattern("module_utils/Order.psm1", "Secret"), name) is not None) is fine


def test_an_outcome_has_the_models_fields() -> None:
    made = re.search(r"return \[ordered\]@\{\n(.*?)\n    \}", text("module_utils/Outcome.psm1"), re.DOTALL)
    assert made
    keys = set(re.findall(r"^ +(\w+) = ", made[1], re.MULTILINE))
    assert keys == set(Outcome.model_fields) - {"host"}
    told = outcome.Outcome("eva", "C:/x", "moved", told_before=True)
    assert keys >= outcome.as_answer(told).keys()


def test_what_is_told_again_is_the_outcome_as_it_was() -> None:
    """Each field of an outcome is read back from the file, and none besides."""
    retelling = text("module_utils/Retelling.psm1")
    read = set(re.findall(r"\$Told\.(\w+)", retelling)) - {"name"}
    named = re.search(r"foreach \(\$name in @\((.*?)\)\)", retelling)
    assert named
    read |= set(re.findall(r"'(\w+)'", named[1]))
    assert read == outcome.as_answer(outcome.Outcome("eva", "C:/x", "moved")).keys()


def test_the_users_part_does_what_it_is_asked_for() -> None:
    desk = text("module_utils/Desk.psm1") + text("module_utils/Credentials.psm1")
    asked = set(re.findall(r"work = '(\w+)'", desk))
    part = text("user_part/user_part.ps1")
    assert asked == set(re.findall(r"^        '(\w+)' \{ return ", part, re.MULTILINE))
    sent = set(re.findall(r"[{;] (\w+) = ", "".join(re.findall(r"\$order = @\{.*\}", desk))))
    assert sent == set(re.findall(r"\$Order\.(\w+)", part))


@pytest.mark.parametrize("name", ["win_account_move", "win_account_restore"])
def test_what_is_handed_over_stays_out_of_the_event_log(name: str) -> None:
    """An entry holds 31839 characters: with the user's part in it every call would end with a warning."""
    assert re.search(r"^    no_log = \$true$", text(f"modules/{name}.ps1"), re.MULTILINE)


def test_the_users_part_names_no_code_that_is_not_passed_on() -> None:
    passed = re.search(r"@\(('client-did-not-stay'.*?)\) -ccontains", text("module_utils/Answers.psm1"))
    assert passed
    told = set(re.findall(r"code = '([\w-]+)'", text("user_part/user_part.ps1")))
    told |= set(re.findall(r"\w+ = '((?:client|keyring)-[\w-]+)'", text("user_part/user_part.ps1")))
    assert told - {"user-part-failed"} == set(re.findall(r"'([\w-]+)'", passed[1]))


@pytest.mark.parametrize(
    ("headers", "instance"),
    [
        (
            "oc_sessionPassphrase=x; path=/, oclgbg67eqtf=y; path=/; expires=Wed, 01-Jan-2031 00:00:00 GMT",
            "oclgbg67eqtf",
        ),
        ("oclgbg67eqtf=y; path=/, oc_sessionPassphrase=x", "oclgbg67eqtf"),
        ("__Host-nc_sameSiteCookielax=true, __Secure-oclgbg67eqtf=y", "oclgbg67eqtf"),
        ("oc_sessionPassphrase=x; path=/, nc_sameSiteCookielax=true", ""),
        ("theme=oclgbg67eqtf; path=/", ""),
        ("oclgbg67eqtfx=y", ""),
        ("", ""),
    ],
)
def test_the_instance_is_found_among_cookies(headers: str, instance: str) -> None:
    """Windows gives several headers as one text; the pattern means the same to .NET as here."""
    found = re.search(r"\[regex\]::Match\(\$Cookies, '(.*)'\)", text("module_utils/Probe.psm1"))
    assert found
    match = re.search(found[1], headers)
    assert (match[1] if match else "") == instance


@pytest.mark.parametrize(
    "word",
    ["--background", "C:\\Program Files\\x", "C:\\with space\\", 'say "so"', 'a\\"b c', "", "C:\\Users\\eva\\"],
)
def test_a_word_of_a_command_line_is_spelled_as_windows_reads_it(word: str) -> None:
    part = text("user_part/user_part.ps1")
    plain = re.search(r"-cnotmatch '(.*)'\) \{\n        return \$Text", part)
    replaced = re.findall(r"\[regex\]::Replace\(\$\w+, '(.*)', '(.*)'\)", part)
    assert plain
    assert len(replaced) == 2
    spelled = word
    if not word or re.search(plain[1], word):
        for old, new in replaced:
            spelled = re.sub(old.replace(r"\z", r"\Z"), new.replace("\\", "\\\\").replace("$1", r"\g<1>"), spelled)
        spelled = f'"{spelled}"'
    assert spelled == subprocess.list2cmdline([word])


class _Marks:
    """A transaction that nobody asks: the steps' conditions are not looked at here."""

    def began(self, _step: str) -> bool:
        return False

    def ended(self, _step: str) -> None:
        return None

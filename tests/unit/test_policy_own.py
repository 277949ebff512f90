"""Own checks: expressions, and functions of installed packages."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any, cast, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from smartfleet.errors import UsageError
from smartfleet.expressions import Expression, ExpressionError
from smartfleet.model.asked import SUBJECTS, fields_of
from smartfleet.model.policy import CheckResult
from smartfleet.policy.evidence import Evidence
from tests.unit.builders import NEW, OLD, Case
from tests.unit.evidences import HOST, MOVED, answers, evidence, policy

FIELDS = {scope: fields_of(shape) for scope, shape in SUBJECTS.items()}


def own(scope: str = "profile", **more: Any) -> Case:
    return {"id": "mine", "title": "As we like it", "scope": scope, **more}


def result(check: Case, case: Case) -> CheckResult | None:
    """What the check found; None if it passed."""
    judgement = policy(checks=[check]).judge(evidence(case))
    told = [one for found in judgement.everything for one in found.results if one.check == check["id"]]
    assert len(told) + sum(check["id"] in found.passed for found in judgement.everything) == 1
    return told[0] if told else None


@pytest.mark.parametrize(
    ("scope", "expression", "answer"),
    [
        ("profile", "config.masked", "pass"),
        ("profile", "state != 'new'", "pass"),
        ("profile", "state == 'new'", "fail Does not hold: As we like it"),
        ("profile", "!client_running && session.active", "pass"),
        ("profile", "accounts[?server == 'new'].login", "fail As we like it: eva"),
        ("profile", "accounts[?server == 'old'].login", "pass"),
        ("profile", "client_installed", "fail As we like it: 3.16.7"),
        ("profile", "open_run", "pass"),
        ("profile", "older(client_installed, '3.17')", "fail Does not hold: As we like it"),
        ("profile", "older(client_installed, 'newest')", "unknown As we like it: 'newest' is no version"),
        ("profile", "!older('', client_installed)", "unknown As we like it: '' is no version"),
        ("host", "clients[?older(version, 'newest')].path", "unknown As we like it: 'newest' is no version"),
        ("profile", "session.secrets[?starts_with(@, 'x')]", "pass"),
        ("profile", "second_copies[0].path", "unknown As we like it: the check answered nothing"),
        ("profile", "length(accounts)", "unknown As we like it: the check answered neither yes nor no, but int"),
        ("profile", "config", "unknown As we like it: the check answered neither yes nor no, but dict"),
        ("profile", "accounts[].{who: login} | [?who == 'eva']", "fail As we like it: 1 thing"),
        ("profile", "accounts[0].number < `5`", "unknown As we like it: '<' not supported"),
        ("profile", "abs(user)", "unknown As we like it: In function abs()"),
        ("profile", "host.os != 'linux' || folders[?pending > `0`]", "pass"),
        ("host", "!like(name, 'pc-*')", "pass"),
        ("host", "contains(profiles[].user, 'eva')", "fail Does not hold: As we like it"),
        (
            "host",
            "clients[?older(version, '4')].join(' ', [name, version])",
            "fail As we like it: nextcloud-desktop 3.16.7",
        ),
        ("host", "audit_days > `3` || seen_days > `3`", "pass"),
        ("folder", "bytes > `100` && account.login == 'eva'", "fail Does not hold: As we like it"),
        ("folder", "verification.verdict != 'match' || profile.user != 'eva' || host.os != 'linux'", "pass"),
        ("folder", "first_path != path", "pass"),
        ("folder", "pending_days > `3`", "pass"),
    ],
)
def test_expressions(scope: str, expression: str, answer: str) -> None:
    found = result(own(scope, fails_when=expression), {})
    assert (f"{found.answer} {found.message}" if found else "pass").startswith(answer)


def test_a_list_is_shown_in_part() -> None:
    facts = {"accounts": [{"url": NEW, "user": f"u{number}", "folders": []} for number in range(5)]}
    found = result(own(fails_when="accounts[].login"), {"facts": facts, "verdicts": []})
    assert found is not None
    assert found.message == "As we like it: u0, u1, u2 and 2 more"


def test_an_own_check_is_told_and_weighed() -> None:
    check = own(fails_when="user == 'eva'", severity="error", why="because", do="call 112")
    judged = policy(checks=[check])
    info = judged.checks[-1]
    assert (info.check, info.title, info.why, info.do) == ("mine", "As we like it", "because", "call 112")
    assert (info.severity, info.scope, info.source) == ("error", "profile", "own")
    judgement = judged.judge(evidence({}))
    assert not judgement.compliant
    found = result(check, {})
    assert found is not None
    assert (found.text, found.do_text, found.values, found.do) == ("", "", {}, "call 112")


def test_an_own_check_is_asked_of_every_profile() -> None:
    check = own(fails_when="config.state != 'ok'")
    unread = {
        "facts": {"config": {"state": "unreadable", "content": ""}, "accounts": [{"folders": []}]},
        "verdicts": [],
    }
    found = result(check, unread)
    assert found is not None
    assert found.answer == "fail"
    assert result(check, {"facts": {"accounts": []}, "verdicts": []}) is None
    # nothing was seen, so that it found nothing says nothing
    found = result(own(fails_when="config.masked"), unread)
    assert found is not None
    assert (found.answer, found.text) == ("unknown", "checks.unread")


def test_a_host_that_was_never_audited_is_unknown_to_it() -> None:
    judgement = policy(checks=[own("host", fails_when="os == 'x'")]).judge(Evidence(HOST))
    assert answers(judgement)["mine"] == "unknown never-audited"


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("user ==", "this is no JMESPath expression"),
        ("user = 'x'", "this is no JMESPath expression"),
        ("(" * 1500, "nested too deeply"),
        ("user" + "[]" * 900, "nested too deeply"),
        ("x" * 2001, "at most 2000 characters"),
        ("usr == 'eva'", "there is no field 'usr': did you mean user?"),
        ("config.maksed", "there is no field 'maksed': did you mean masked?"),
        ("lenght(accounts)", "there is no function lenght(): did you mean length?"),
        ("length(accounts, user)", "length() takes 1 value, not 2"),
        ("not_null()", "not_null() takes 1 value, not 0"),
        ("__import__('os')", "there is no function __import__()"),
        ("user.__class__", "there is no field '__class__'"),
    ],
)
def test_wrong_expressions(expression: str, told: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        Expression(expression, FIELDS["profile"])
    assert told in str(caught.value)


def test_an_expression_may_name_what_it_picks_out() -> None:
    picked = Expression("accounts[].{who: login, home: url}[?home != 'x'].who", FIELDS["profile"])
    assert picked({"accounts": [{"login": "eva", "url": OLD}]}) == ["eva"]


def _holds(value: object, hint: Any) -> None:
    """`value` has the shape that the type says, field by field."""
    if is_typeddict(hint):
        assert isinstance(value, dict)
        hints = get_type_hints(hint)
        assert value.keys() == hints.keys()
        for name, inner in hints.items():
            _holds(value[name], inner)
    elif get_origin(hint) is list:
        for one in cast("list[object]", value):
            _holds(one, get_args(hint)[0])
    elif get_args(hint):
        if value is not None:
            _holds(value, get_args(hint)[0])
    else:
        assert isinstance(value, hint if hint is not float else (int, float)), (value, hint)


class TestPython:
    """A package that is really installed: importlib.metadata finds it by its dist-info folder."""

    MODULE = """
        def keeps(subject):
            return SEEN.append(subject) or False

        SEEN = []

        def spoils(subject):
            subject.clear()
            return ["gone"]

        def breaks(subject):
            raise LookupError("no\\x1b[31m such thing")

        number = 7

        def leaves(subject):
            raise SystemExit(0)

        def counts(subject):
            return [10 ** 5000]
    """

    @pytest.fixture(autouse=True)
    def _installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "acme_checks.py").write_text(textwrap.dedent(self.MODULE), "utf-8")
        info = tmp_path / "acme_checks-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-checks\nVersion: 1.0\n", "utf-8")
        names = ("keeps", "spoils", "breaks", "number", "nothing", "leaves", "counts")
        points = {name: f"acme_checks:{name}" for name in names}
        points["elsewhere"] = "acme_missing:check"
        listed = "".join(f"{name} = {value}\n" for name, value in points.items())
        (info / "entry_points.txt").write_text(f"[smartfleet.checks]\n{listed}", "utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(__import__("sys").modules, "acme_checks", raising=False)

    @pytest.mark.parametrize("scope", SUBJECTS)
    def test_it_is_asked_about_plain_data_of_the_documented_shape(self, scope: str) -> None:
        copy = {"path": "/home/eva/Nextcloud-old", "files": 5, "bytes": 1, "journals": [], "twins": 5, "twin_bytes": 1}
        facts = {**MOVED, "orphans": [copy], "problems": [{"code": "unseen-clients", "message": "x"}]}
        case = {"facts": facts, "past": [{"pending_days": 3}], "outcome": "moved"}
        assert result(own(scope, python="keeps"), case) is None
        (subject,) = __import__("acme_checks").SEEN
        _holds(subject, SUBJECTS[scope])
        assert json.loads(json.dumps(subject)) == subject

    def test_what_it_spoils_is_its_own(self) -> None:
        checks = [own(python="spoils"), own(id="other", fails_when="user != 'eva'"), own(id="third", python="spoils")]
        told = answers(policy(checks=checks).judge(evidence({})))
        assert (told["mine"], told["other"], told["third"]) == ("fail", "pass", "fail")

    def test_one_that_breaks_is_unknown(self) -> None:
        found = result(own(python="breaks"), {})
        assert found is not None
        assert (found.answer, found.message) == ("unknown", r"As we like it: LookupError: no\x1b[31m such thing")

    @pytest.mark.parametrize(("name", "answer"), [("leaves", "unknown SystemExit"), ("counts", "fail 1 thing")])
    def test_one_that_leaves_or_answers_what_cannot_be_shown(self, name: str, answer: str) -> None:
        found = result(own(python=name), {})
        assert found is not None
        assert f"{found.answer} {found.message.removeprefix('As we like it: ')}".startswith(answer)

    def test_it_is_told_as_a_plugin(self) -> None:
        assert policy(checks=[own(python="keeps")]).checks[-1].source == "plugin"

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            (
                "missing",
                "no installed package has an entry point 'missing' of the group smartfleet.checks (there are: ",
            ),
            ("number", "acme_checks:number is no function"),
            ("nothing", "acme_checks:nothing cannot be imported: AttributeError"),
            ("elsewhere", "acme_missing:check cannot be imported: ModuleNotFoundError"),
        ],
    )
    def test_one_that_is_not_there(self, name: str, told: str) -> None:
        with pytest.raises(UsageError) as caught:
            policy(checks=[own(python=name)])
        assert caught.value.code == "policy/entry-point"
        assert told in caught.value.message
        assert caught.value.do

    def test_nothing_else_of_the_group_is_loaded(self) -> None:
        policy(checks=[own(fails_when="user == 'x'")])
        assert "acme_checks" not in __import__("sys").modules

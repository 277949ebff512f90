"""Both twins of a module take the same arguments and answer in the same documents."""

from __future__ import annotations

import ast
import copy
import json
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import TypeAdapter, ValidationError
from tree_sitter import Node

from smartfleet.campaign import parse
from smartfleet.campaign.trouble import Trouble
from smartfleet.engines.answers import Answer, HostAnswers
from smartfleet.model import facts, results
from smartfleet.model.facts import HostFacts
from smartfleet.model.results import FolderCheck, Outcome
from tests.unit.builders import table
from tests.unit.powershell.scripts import PLUGINS, load
from tests.unit.powershell.tree import below, core, line_of, plain_string, text_of

RESULTS = table("twins/results")
DOCUMENTS = table("twins/documents")
SCRIPTS = load()
TWINS = ("client_facts", "tree_manifest", "account_move", "account_restore", "user_notice", "host_unlock")
# what an action plugin adds on Windows; nobody writes it into a playbook
WINDOWS_ONLY = {
    "tree_manifest": {"bring", "bring_bytes"},
    "account_move": {"user_part"},
    "account_restore": {"user_part"},
}
READERS = {
    "client_facts": parse.facts,
    "tree_manifest": parse.checks,
    "account_restore": parse.restored,
}
MODELS: dict[str, TypeAdapter[Any]] = {
    "client_facts": TypeAdapter(HostFacts),
    "tree_manifest": TypeAdapter(list[FolderCheck]),
    "account_move": TypeAdapter(list[Outcome]),
    "account_restore": TypeAdapter(list[Outcome]),
}


@pytest.mark.parametrize("name", TWINS)
def test_both_twins_take_the_same_arguments(name: str) -> None:
    linux, windows = python_options(name), powershell_options(f"win_{name}")
    assert windows.keys() - linux.keys() == WINDOWS_ONLY.get(name, set())
    assert {option: windows[option] for option in linux} == linux


@pytest.mark.parametrize("name", TWINS)
def test_the_documentation_tells_the_arguments_as_they_are(name: str) -> None:
    told = fragment(name)
    assert _plain(told) == _plain(python_options(name))
    extra = yaml.safe_load((PLUGINS / f"modules/win_{name}.yml").read_text(encoding="utf-8"))["DOCUMENTATION"]
    assert extra["extends_documentation_fragment"] == f"smartde.nextcloud.{name}"
    windows = {option: row for option, row in powershell_options(f"win_{name}").items() if option not in told}
    assert _plain(extra.get("options", {})) == _plain(windows)


@pytest.mark.parametrize("name", ["win_winget"])
def test_the_documentation_of_a_module_without_a_twin(name: str) -> None:
    text = yaml.safe_load((PLUGINS / f"modules/{name}.yml").read_text(encoding="utf-8"))["DOCUMENTATION"]
    assert _plain(text["options"]) == _plain(powershell_options(name))


@pytest.mark.parametrize("case", RESULTS, ids=lambda case: f"{case['module']} {case['twin']}")
def test_an_answer_is_what_the_controller_reads(case: dict[str, Any]) -> None:
    document = MODELS[case["module"]].validate_python(case["answer"])
    schema = MODELS[case["module"]].json_schema(by_alias=True)
    jsonschema.validate(case["answer"], schema)
    jsonschema.validate(json.loads(MODELS[case["module"]].dump_json(document, by_alias=True)), schema)
    if case["module"] in READERS:
        assert not isinstance(READERS[case["module"]](_answers(case, case["answer"]), interrupted=False), Trouble)


@pytest.mark.parametrize(
    ("case", "wrong"),
    [(case, wrong) for case in RESULTS for wrong in case["wrong"]],
    ids=lambda value: "" if isinstance(value, dict) else "-".join(str(part) for part in value),
)
def test_what_is_no_answer_is_refused(case: dict[str, Any], wrong: list[Any]) -> None:
    answer = copy.deepcopy(case["answer"])
    place = answer
    for step in wrong[:-2]:
        place = place[step]
    place[wrong[-2]] = wrong[-1]
    with pytest.raises(ValidationError):
        MODELS[case["module"]].validate_python(answer)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(answer, MODELS[case["module"]].json_schema(by_alias=True))


@pytest.mark.parametrize("case", DOCUMENTS, ids=lambda case: case["function"])
def test_a_table_in_powershell_is_a_document(case: dict[str, Any]) -> None:
    """Every key is one of the model's, and none that the model needs is missing."""
    model = getattr(facts, case["model"], None) or getattr(results, case["model"])
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    function = SCRIPTS[case["script"]].functions[case["function"]]
    tables = [keys for table in below(function.node, "hash_literal_expression") if (keys := _keys(table))]
    found = [keys for keys in tables if keys[0] == case["first"] and set(keys) & set(fields)]
    assert found, f"no table that begins with {case['first']}, line {line_of(function.node)}"
    for keys in found:
        written = {*keys, *case.get("later", ())}
        assert written <= set(fields), "keys that the model does not have"
        assert {name for name, field in fields.items() if field.is_required()} <= written, "keys that the model needs"
    for name in case.get("later", ()):
        assert f"'{name}'" in SCRIPTS[case["script"]].text


def _answers(case: dict[str, Any], answer: object) -> HostAnswers:
    action = f"smartde.nextcloud.{case['module']}"
    return HostAnswers("pc-1", [Answer("pc-1", action, "ok", {case["key"]: answer, "problems": []})])


def python_options(name: str) -> dict[str, Any]:
    """The argument_spec of a Python module, read from its text."""
    tree = ast.parse((PLUGINS / f"modules/{name}.py").read_text(encoding="utf-8"))
    known: dict[str, ast.expr] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Dict):
            known[node.targets[0].id] = node.value
    spec = next(node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "argument_spec")
    options: dict[str, Any] = ast.literal_eval(_Resolved(known).visit(spec))
    return options


class _Resolved(ast.NodeTransformer):
    """Puts a table in the place of the name that it was given."""

    def __init__(self, known: dict[str, ast.expr]) -> None:
        self._known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._known.get(node.id, node)


def powershell_options(name: str) -> dict[str, Any]:
    """The options of a PowerShell module's spec, read from its text."""
    root = SCRIPTS[f"{name}.ps1"].root
    spec = next(
        node for node in below(root, "assignment_expression") if text_of(node).replace(" ", "").startswith("$spec=")
    )
    options: dict[str, Any] = _value(next(below(spec, "hash_literal_expression")))["options"]
    return options


def _value(node: Node) -> Any:
    inner = core(node)
    text = text_of(inner)
    if inner.type == "hash_literal_expression":
        entries = [one for body in inner.named_children for one in body.children if one.type == "hash_entry"]
        return {_key(one): _value(next(part for part in one.children if part.type == "pipeline")) for one in entries}
    if inner.type == "array_expression":
        lists = [_value(one) for one in inner.named_children]
        return lists[0] if lists and isinstance(lists[0], list) else lists
    if inner.type in ("array_literal_expression", "statement_list"):
        return [_value(one) for one in inner.named_children]
    constants: dict[str, Any] = {"$true": True, "$false": False}
    if text.lower() in constants:
        return constants[text.lower()]
    string = plain_string(inner)
    return int(text) if string is None else string


def _key(entry: Node) -> str:
    key = next(one for one in entry.children if one.type == "key_expression")
    return plain_string(key) or text_of(core(key))


def _keys(table: Node) -> list[str]:
    entries = [one for body in table.named_children for one in body.children if one.type == "hash_entry"]
    return [_key(one) for one in entries]


def fragment(name: str) -> dict[str, Any]:
    """The options as both twins document them."""
    tree = ast.parse((PLUGINS / f"doc_fragments/{name}.py").read_text(encoding="utf-8"))
    text = next(node.value for node in ast.walk(tree) if isinstance(node, ast.Assign))
    options: dict[str, Any] = yaml.safe_load(ast.literal_eval(text))["options"]
    return options


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    """What can be said the same way in a spec and in a documentation."""
    return {
        name: {
            "type": row.get("type", "str"),
            "required": row.get("required", False),
            "default": row.get("default"),
            "choices": row.get("choices"),
            "elements": row.get("elements"),
            "options": _plain(row.get("suboptions") or row.get("options") or {}),
        }
        for name, row in options.items()
    }

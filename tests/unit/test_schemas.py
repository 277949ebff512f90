"""The JSON Schemas in docs/schemas are those of the model, and documents pass them."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import jsonschema
import pytest

from smartfleet.model.base import Document
from smartfleet.model.events import EVENT
from smartfleet.schemas import DOCUMENTS, schemas, text
from tests.unit.builders import facts_of

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"
SCHEMAS = schemas()


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_is_current(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == text(SCHEMAS[name]), "python -m smartfleet.schemas docs/schemas"


def test_there_is_no_other_schema() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(SCHEMAS)
    assert len(SCHEMAS) == len(DOCUMENTS) + 1


def test_facts_pass_their_schema() -> None:
    schema = json.loads((FOLDER / "smartfleet.facts-1.json").read_text("utf-8"))
    jsonschema.validate(facts_of({}).model_dump(mode="json"), schema)


def test_every_document_with_a_schema_is_listed() -> None:
    named = {model for model in _below(Document) if "schema_" in model.model_fields}
    assert {model for model in named if "event" not in model.model_fields and model.__name__ != "_Event"} == set(
        DOCUMENTS
    )


def test_every_event_is_one_of_the_union() -> None:
    kinds = EVENT.json_schema(mode="serialization")["discriminator"]["mapping"]
    named = {model for model in _below(Document) if "event" in model.model_fields and "schema_" in model.model_fields}
    assert set(kinds) == {model.model_fields["event"].default for model in named}


def _below(model: type[Document]) -> set[type[Document]]:
    for path in (Path(__file__).parents[2] / "smartfleet" / "model").glob("*.py"):
        importlib.import_module(f"smartfleet.model.{path.stem}")
    # other tests make classes of their own
    found = {one for one in model.__subclasses__() if one.__module__.startswith("smartfleet.")}
    return found | {inner for one in found for inner in _below(one)}

"""smartfleet's commands in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from smartfleet.cli.main import main
from tests.integration.programs import REPOSITORY

SCHEMAS = REPOSITORY / "docs" / "schemas"


def smartfleet(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return caught.value.code


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int | str | None, dict[str, Any]]:
    """The command's exit code and its document, which is what its schema says."""
    capsys.readouterr()
    code = smartfleet(*arguments, "--format", "json")
    told = json.loads(capsys.readouterr().out)
    schema = SCHEMAS / f"{told['schema'].replace('/', '-')}.json"
    jsonschema.validate(told, json.loads(schema.read_text("utf-8")))
    return code, told


def configure(fleet: Path, *lines: str) -> None:
    """Other settings of notices than the example has."""
    file = fleet / "smartfleet.yml"
    text = file.read_text("utf-8")
    assert "  language: en\n" in text
    file.write_text(text.replace("  language: en\n", "".join(f"  {line}\n" for line in lines)), "utf-8")

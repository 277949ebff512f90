"""The tables as the code knows them: what the migrations make, and what naming them costs a command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, create_engine, inspect

from smartfleet.store import Store, tables
from smartfleet.store.schema import HEAD
from smartfleet.store.tables import METADATA, TypedTable

VERSIONS = Path(__file__).parents[2] / "smartfleet" / "store" / "migrations" / "versions"
TABLES = [one for one in vars(tables).values() if isinstance(one, TypedTable)]


@pytest.mark.once
def test_the_store_is_imported_without_the_orm() -> None:
    """The ORM was a fifth of the import of the store, or more, in every command, and nothing here needs it."""
    code = "import smartfleet.store, sys; print(*(name for name in sys.modules if name.startswith('sqlalchemy.orm')))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == []


@pytest.mark.parametrize("one", TABLES, ids=lambda one: one.table.name)
def test_a_column_has_the_name_that_the_code_asks_it_by(one: TypedTable) -> None:
    asked = {name: column for name, column in vars(type(one)).items() if isinstance(column, Column)}
    assert asked == dict(one.table.columns)


def test_the_code_knows_all_tables() -> None:
    assert [one.table for one in TABLES] == list(METADATA.tables.values())


def test_migrations_make_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    Store.open(f"sqlite:///{tmp_path}/store.db").close()
    engine = create_engine(f"sqlite:///{tmp_path}/plain.db")
    METADATA.create_all(engine)
    engine.dispose()
    made = _seen(f"sqlite:///{tmp_path}/store.db")
    del made["alembic_version"]
    assert made == _seen(f"sqlite:///{tmp_path}/plain.db")
    assert max(path.name for path in VERSIONS.glob("0*.py"))[:4] == HEAD


def _seen(url: str) -> dict[str, Any]:
    """Of each table its columns, keys and indexes. Not what older rows got in a column that a migration added."""
    engine = create_engine(url)
    look = inspect(engine)
    found = {
        name: {
            "columns": {one["name"]: (str(one["type"]), one["nullable"]) for one in look.get_columns(name)},
            "key": look.get_pk_constraint(name)["constrained_columns"],
            "unique": {tuple(one["column_names"]) for one in look.get_unique_constraints(name)},
            "indexes": {(one["name"], *one["column_names"], one["unique"]) for one in look.get_indexes(name)},
            "others": {
                (*one["constrained_columns"], one["referred_table"], *one["referred_columns"])
                for one in look.get_foreign_keys(name)
            },
        }
        for name in look.get_table_names()
    }
    engine.dispose()
    return found

"""Documents as they lie in a row, and lists in parts that fit a statement and the memory. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from pydantic import ValidationError

from smartfleet.errors import StoreError
from smartfleet.model.base import Document

DocumentType = TypeVar("DocumentType", bound=Document)
Item = TypeVar("Item")
BATCH = 500
"""Rows or hosts of one statement. SQLite allows 32,766 variables in one, old builds 999."""


def read_document(model: type[DocumentType], text: str) -> DocumentType:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise StoreError(
            "store/damaged",
            f"the store holds {model.__name__} that this version cannot read",
            do="audit again: smartfleet audit",
        ) from error


def batches(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """`items` in lists of at most `size`; none for none."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part

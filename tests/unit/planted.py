"""Documents whose every free text bears a name, so that a form which lets one through is found."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from smartfleet.model.base import Document

DocumentType = TypeVar("DocumentType", bound=Document)
Place = tuple[str, str]
"""A model and a field of it."""


def planted(model: type[DocumentType], text: Callable[[Place], str], only: Mapping[Place, Any]) -> DocumentType:
    """One of everything, lists with one entry. Text comes from `text`; `only` names the places that are something else.

    A Literal is its last choice, which says more than its first.
    """
    values = {}
    for name, field in model.model_fields.items():
        place = (model.__name__, name)
        values[name] = only[place] if place in only else _value(field.annotation, place, text, only)
    return model.model_validate(values)


def _value(kind: Any, place: Place, text: Callable[[Place], str], only: Mapping[Place, Any]) -> Any:  # noqa: PLR0911 - as many kinds as models have
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _value(arguments[0], place, text, only)
    if origin is Literal:
        return arguments[-1]
    if origin in {Union, types.UnionType}:
        return _value(next(one for one in arguments if one is not type(None)), place, text, only)
    if origin is list:
        return [_value(arguments[0], place, text, only)]
    if origin is dict:
        return {_value(arguments[0], place, text, only): _value(arguments[1], place, text, only)}
    if isinstance(kind, type) and issubclass(kind, Document):
        return planted(kind, text, only)
    return text(place) if kind is str else kind(1)

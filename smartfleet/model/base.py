"""What all documents share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from smartfleet.text import visible_json


class Document(BaseModel):
    """Immutable data with no unknown keys: what a host or a file says beyond the schema is an error, not a guess."""

    # a model is built when the first of it is made: no command makes half of those that it imports
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True, defer_build=True
    )

    def shown_json(self, indent: int | None = None) -> str:
        """For others to read, maybe on a terminal: it obeys nothing in it."""
        return visible_json(self.model_dump_json(indent=indent))

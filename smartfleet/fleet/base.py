"""What all groups of keys in `smartfleet.yml` share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Immutable, no unknown keys, and no value is bent into another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class WrongKeyError(ValueError):
    """What is wrong with one key, found by the check of a group around it. `path` leads there from the group."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path

"""The keys below `retention:` in `smartfleet.yml`."""

from __future__ import annotations

from pydantic import Field, model_validator

from smartfleet.fleet.base import Settings

LONGEST = 36_500


class RetentionSettings(Settings):
    """How long the store remembers what nobody needs any more. In days."""

    facts_days: int = Field(90, ge=1, le=LONGEST, description="facts of every audit")
    weekly_days: int = Field(365, ge=1, le=LONGEST, description="facts of one audit a week and host")
    runs_days: int = Field(1095, ge=30, le=LONGEST, description="runs with their outcomes, verdicts and judgements")

    @model_validator(mode="after")
    def _fits(self) -> RetentionSettings:
        if self.weekly_days < self.facts_days:
            raise ValueError("weekly_days is less than facts_days: what is kept once a week is older")
        return self

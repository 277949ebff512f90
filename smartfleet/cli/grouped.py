"""Options under headings, for a command with so many that one list says nothing."""

from __future__ import annotations

from typing import Any

import click


class GroupedOption(click.Option):
    """An option that `--help` shows below `heading`."""

    def __init__(self, *args: Any, heading: str, **more: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*args, **more)
        self.heading = heading


class GroupedCommand(click.Command):
    """Options without a heading come first, as ever."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {"Options": []}
        for option in self.get_params(ctx):
            record = option.get_help_record(ctx) if isinstance(option, click.Option) else None
            if record is not None:
                heading = option.heading if isinstance(option, GroupedOption) else "Options"
                sections.setdefault(heading, []).append(record)
        for heading, records in sections.items():
            with formatter.section(heading):
                formatter.write_dl(records)

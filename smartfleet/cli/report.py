"""How `smartfleet report` is called."""

from __future__ import annotations

from pathlib import Path

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import become_option, fleet_option, limit_option
from smartfleet.report.writers import FORMS
from smartfleet.words import LANGUAGES

_SUFFIXES = " ".join(form.suffix for form in FORMS.values())


@click.command("report", short_help="Write the report: page, tables, metrics, evidence.")
@fleet_option
@limit_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["human", *FORMS]),
    default="human",
    show_default=True,
    help="What is printed: for people, or one of the forms.",
)
@click.option(
    "--out",
    "files",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    metavar="FILE",
    help=f"Also write it to a file, in the form that its name ends in: {_SUFFIXES}; may be given several times.",
)
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="What it is written in."
)
@click.option(
    "--since", metavar="WHEN", help="Also tell what changed since a run, a date or a length of time ago, such as 7d."
)
@click.option("--redact", "hide", is_flag=True, help="Pseudonyms in place of the names of users and files.")
@click.option("--send", is_flag=True, help="Also send it to whom smartfleet.yml names.")
@click.option(
    "--evidence",
    "kept",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Also write the report with all that it rests on, and their SHA-256, to a new folder.",
)
@click.option(
    "--sign",
    "key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="KEY",
    help="Sign that evidence, with a key of ssh-keygen or minisign.",
)
@click.option(
    "--check",
    "checked",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Do nothing else: tell whether evidence is as it was written.",
)
@click.option(
    "--signer",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Who must have signed it: allowed signers or public keys of ssh, or minisign's public key.",
)
@click.option("--fresh", is_flag=True, help="Audit the hosts first.")
@become_option
@deferred
def command() -> None:
    """Write the report: page, tables, metrics, evidence.

    Judges what audits, moves and verifications found against the policy; asks no host, unless with --fresh. Ends with
    10 when a folder drifted or a host is not compliant.
    """

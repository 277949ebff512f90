"""The command `smartfleet`. Subcommands are imported when they are called: ``--help`` must not wait for them."""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Sequence

import click

from smartfleet import __version__
from smartfleet.errors import SmartfleetError
from smartfleet.garbage import end_at_once, seldom
from smartfleet.text import visible

# in the order of the work; a test compares the texts with the commands' own
COMMANDS = {
    "init": "Make a fleet folder: settings, inventory, what to do next.",
    "doctor": "Find out why hosts or servers cannot be reached, and what mends it.",
    "audit": "Look at every Nextcloud client of the hosts; change nothing.",
    "plan": "Show what a move would change, and save it as a plan.",
    "explain": "Explain a nextcloud.cfg that somebody sent, without any host.",
    "apply": "Move the accounts that a plan names.",
    "queue": "Show the hosts that wait, and try those that are due.",
    "verify": "Prove that the sync folders are as they were.",
    "rollback": "Take a move back.",
    "notify": "Tell users what happens: on their desktops, or by letters for you to send.",
    "unlock": "Give a host free that a run holds and will not come back to.",
    "fix": "Audit one host, mend what it suffers from, and verify it.",
    "status": "Show where the fleet stands and what to do next.",
    "show": "Show all that is known of one host.",
    "diff": "Show what changed between two runs, or since one.",
    "history": "Show who ran what, and prove that nobody changed it.",
    "report": "Write the report: page, tables, metrics, evidence.",
    "outbox": "Show what could not be sent yet, and send it.",
    "engines": "Show who works on which site, and ask every worker whether it can.",
    "worker": "Carry one shard for a controller; started by ssh or by a Dask worker.",
    "demo": "Move a small fleet on this machine, to see it work.",
    "lab": "Start and stop that small fleet.",
}


class LazyGroup(click.Group):
    """Knows its commands by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"smartfleet.cli.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"smartfleet.cli.{cmd_name}.command is no command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        close = difflib.get_close_matches(args[0], COMMANDS, n=1)
        if args[0] not in COMMANDS and close:
            ctx.fail(f"there is no command {visible(args[0])}: did you mean {close[0]}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's own
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="smartfleet")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Move a fleet's Nextcloud desktop clients to a new server name, without a second download, and prove it."""
    if ctx.invoked_subcommand is None:
        from smartfleet.cli.welcome import welcome  # noqa: PLC0415 - see the module's docstring

        click.echo(welcome())


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command and exits with its code; see docs/commands.md for the codes."""
    seldom()
    end_at_once()
    try:
        code = cli.main(args=arguments, standalone_mode=False)
    except SmartfleetError as error:
        _tell(error)
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # whoever read our output has enough; Python would complain while it flushes
        sys.stdout = None
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)


def _tell(error: SmartfleetError) -> None:
    """The three parts of an error on stderr: what, why it matters, what mends it."""
    for number, line in enumerate(str(error).splitlines()):
        text = visible(line)
        head, bracket, rest = text.partition("]: ")
        if number == 0 and bracket:
            text = click.style(head + "]", fg="red", bold=True) + ": " + rest
        click.echo(text, err=True)


if __name__ == "__main__":
    main()

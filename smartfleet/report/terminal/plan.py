"""A plan: every step and changed line of the first profiles, then what happens to whom, and why not to others.

The summary comes last: it is what an admin sees when asked for a yes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartfleet.checks.reasons import REMEDIES
from smartfleet.model.plan import Cure, HostPlan, InstallPlan, Plan, ProfilePlan, Refusal
from smartfleet.report.terminal.parts import Indented, Remark, counted, remarks, section, stack, table, text, word
from smartfleet.text import number_of

_SHOWN = 5
_ACTIONS = ("move", "resume", "cure", "refuse", "none")
_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}
CURES: dict[Cure, str] = {
    "repoint": "back to the original folder, the second copy set aside",
    "drop-account": "the stale account leaves",
    "journal-path": "its journal is named",
    "start-client": "its client is started",
    "sign-in": "its user is told to sign in",
}
_Place = tuple[HostPlan, ProfilePlan]


def plan(document: Plan) -> RenderableType:
    places = [(host, profile) for host in document.hosts for profile in host.profiles]
    done = [place for place in places if place[1].steps]
    return stack(
        *(_details(host, profile) for host, profile in done[:_SHOWN]),
        _left_out(len(done) - _SHOWN),
        _head(document, places),
        _table(places) if places else None,
        remarks("Refused", _reasons(places)),
        remarks("Worth knowing", _warnings(places)),
        section("Not audited, not touched", *[text(", ".join(document.unaudited))] if document.unaudited else []),
    )


def _head(document: Plan, places: list[_Place]) -> Text:
    actions: Counter[str] = Counter(profile.action for _, profile in places)
    instance = f"instance {document.instance_id}" if document.instance_id else "not asked yet who it is"
    return Text.assemble(
        (f"Plan {document.hash[:12]}", "bold"),
        ": ",
        text(", ".join(document.old_servers)),
        " to ",
        text(document.new_server),
        f" ({instance}), strategy {document.strategy}\n",
        counted((action, actions[action]) for action in _ACTIONS),
    )


def _table(places: list[_Place]) -> Table:
    made = table("host", "user", "action", "why, or what")
    for host, profile in places:
        made.add_row(text(host.host), text(profile.user), word(profile.action), text(_summary(host, profile)))
    return made


def _summary(host: HostPlan, profile: ProfilePlan) -> str:
    if profile.reason:
        return profile.reason.message
    if profile.cures:
        return "; ".join(CURES[cure] for cure in profile.cures)
    accounts = profile.move.accounts if profile.move else []
    folders = len(profile.move.folders) if profile.move else 0
    told = ", ".join(f"{account.login}: {account.old_url}" for account in accounts) or "goes on where it stopped"
    return f"{told} ({number_of(folders, 'folder')}{_installs(host.install)})"


def _installs(install: InstallPlan | None) -> str:
    if install is None:
        return ""
    if install.kind == "package":
        return f", package {install.package} {install.state}"
    source = "winget" if install.kind == "winget" else "MSI"
    return f", installs client {install.version or install.package} by {source}"


def _reasons(places: list[_Place]) -> Iterator[Remark]:
    for host, profile in places:
        if profile.action == "refuse" and profile.reason:
            for reason in (profile.reason, *(one for one in profile.warnings if _refuses(one))):
                yield Remark("error", reason.code, f"{host.host} {profile.user}", reason.message, reason.do)


def _warnings(places: list[_Place]) -> Iterator[Remark]:
    for host, profile in places:
        for warning in profile.warnings:
            if profile.action == "refuse" and _refuses(warning):
                continue
            yield Remark("warning", warning.code, f"{host.host} {profile.user}", warning.message, warning.do)


def _refuses(reason: Refusal) -> bool:
    """Among the warnings of a refused profile stand the further reasons for that, which are no warnings."""
    known = REMEDIES.get(reason.code)
    return known is not None and known.kind == "refuse"


def _details(host: HostPlan, profile: ProfilePlan) -> Group:
    steps = [Text.assemble(f"{number}. ", text(step)) for number, step in enumerate(profile.steps, 1)]
    title = Text.assemble(text(f"{host.host} {profile.user}", "bold"), ": ", word(profile.action))
    diff = Group(*(text(line, _DIFF_STYLES.get(line[:1], "")) for line in profile.diff.splitlines()))
    return Group(title, Indented(Group(*steps, diff)))


def _left_out(count: int) -> Text | None:
    if count <= 0:
        return None
    return Text(
        f"Steps and diffs of {number_of(count, 'more profile')}: smartfleet plan --limit HOST, or --format json"
    )

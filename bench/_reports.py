"""Reports of fleets that do not exist: a campaign in its third wave, always the same for a number of hosts."""

from __future__ import annotations

from random import Random

from bench._answers import counts, fail, passed, unknown, waived
from smartfleet.model.assessment import Finding, ProfileState, SecondCopy
from smartfleet.model.diff import CheckChange, DiffDocument, FolderChange, HostChange, Moment
from smartfleet.model.policy import CheckResult
from smartfleet.model.report import FolderRow, HostRow, Point, ProfileRow, ReportData
from smartfleet.model.results import Difference, OutcomeName, Proof, Step, VerdictName
from smartfleet.report.data import headline
from smartfleet.report.shares import shares

NOW = 1_790_000_000.0
OLD, NEW = "https://cloud.altverein.example", "https://mein.smartde.coop"
_DAY = 86_400.0
_SITES = ("Berlin", "Berlin", "Berlin", "Hamburg", "Hamburg", "München", "Köln", "Leipzig", "")
_VERSIONS = ("3.16.7", "3.16.7", "3.16.7", "4.0.1", "3.13.2", "3.7.3")
_FIRST = ("Anna", "Bert", "Clara", "Dora", "Emil", "Frida", "Gerda", "Hans", "Ines", "Jörg", "Klara", "Ömer", "Zoë")
_LAST = ("Abel", "Bach", "Çelik", "Dahl", "Ernst", "Fuchs", "Groß", "Huber", "Ivanova", "Jansen", "Krüger", "Lang")
_TREES = ("Nextcloud", "Projekte", "Gemeinsame Ablage")
_FILES = ("Angebot.odt", "Haushalt 2026.ods", "Protokoll.md", "Fotos/Sommerfest/IMG_0412.jpg", "Verträge/Miete.pdf")
# of what stands where in a wave: the later the wave, the less of it is done
_OUTCOMES: tuple[tuple[OutcomeName, tuple[int, ...]], ...] = (
    ("moved", (90, 84, 61, 12)),
    ("already", (4, 4, 4, 5)),
    ("cured", (2, 2, 1, 0)),
    ("waiting-session", (0, 3, 14, 5)),
    ("waiting-online", (0, 2, 9, 4)),
    ("waiting-sign-in", (0, 2, 2, 0)),
    ("refused", (2, 2, 4, 1)),
    ("failed", (1, 1, 2, 0)),
    ("rolled-back", (1, 0, 1, 0)),
    ("unknown", (0, 0, 2, 73)),
)
_WAVES = ("canary", "wave 1", "wave 2", "wave 3")
_STEPS = (
    "stop-client",
    "backup",
    "manifest",
    "copy-secrets",
    "write-config",
    "remove-cookies",
    "start-client",
    "prove",
)
_PROVEN = ("client-running", "config", "account-list", "journal", "disk", "server", "conflicts", "folders")
_WHY: dict[OutcomeName, tuple[str, str, str]] = {
    "waiting-session": ("no-session", "{user} is not logged on.", "smartfleet queue run"),
    "waiting-online": ("unreachable", "{host} could not be reached.", "smartfleet queue run"),
    "waiting-sign-in": ("no-secret", "The client asks {user} for the password once.", "smartfleet notify sign-in"),
    "refused": ("shared-folder", "Two accounts sync one folder.", "smartfleet show {host}"),
    "failed": ("client-will-not-stop", "The client did not end in 20 s.", "smartfleet plan --limit {host}"),
    "rolled-back": ("", "Taken back on request.", "smartfleet plan --limit {host}"),
    "unknown": ("state-old", "The account still uses the old server.", "smartfleet plan --limit {host}"),
}


def report(hosts: int, *, runs: int = 50) -> ReportData:
    """Four of five are Windows machines, one of fifty was never seen; about two of three are through."""
    random = Random(hosts)  # noqa: S311 - figures for a picture, no secret
    rows: list[HostRow] = []
    profiles: list[ProfileRow] = []
    for number in range(1, hosts + 1):
        row, own = _host(number, hosts, random)
        rows.append(row)
        profiles += own
    return assembled(rows, profiles, history=_history(rows, profiles, runs), since=_since(rows))


def assembled(
    hosts: list[HostRow], profiles: list[ProfileRow], *, history: list[Point], since: DiffDocument | None
) -> ReportData:
    """A report of these rows, counted as a real one is."""
    return ReportData(
        created=NOW,
        fleet="Verein",
        old_servers=[OLD],
        new_server=NEW,
        headline=headline(hosts, profiles),
        hosts=hosts,
        profiles=profiles,
        checks=counts([*hosts, *profiles, *(folder for profile in profiles for folder in profile.folders)]),
        history=history,
        shares=shares(hosts, profiles),
        since=since,
        warnings=[
            Finding(
                code="host-keys-unchecked",
                severity="warning",
                message="2 hosts are reached without their host key being checked.",
                do="smartfleet doctor",
            )
        ],
    )


def _host(number: int, hosts: int, random: Random) -> tuple[HostRow, list[ProfileRow]]:
    name, place = f"pc-{number:05}", number / hosts
    wave = 0 if place < 0.05 else 1 if place < 0.3 else 2 if place < 0.7 else 3
    if number % 50 == 17:
        never = fail(name, "host-seen.never")
        return HostRow(host=name, reason="never-seen", site=random.choice(_SITES), results=[never]), []
    system = "linux" if number % 5 == 0 else "darwin" if number % 23 == 0 else "windows"
    distribution = {"linux": "debian 13", "darwin": "macos 15.3", "windows": "windows 10.0.22631"}[system]
    version = random.choice(_VERSIONS)
    people = 0 if number % 61 == 0 else 2 if number % 11 == 0 else 1
    audited = NOW - random.random() * (2 if number % 40 else 20) * _DAY
    kin = (name, system, distribution, version, wave, audited)
    profiles = [_profile(kin, random) for _ in range(people)]
    old = [fail(name, "audit-age.old", days="16")] if audited < NOW - 14 * _DAY else []
    answers = [one for profile in profiles for one in [*profile.results, *_of_folders(profile)]]
    return HostRow(
        host=name,
        reason="" if profiles else "no-profile",
        os=system,
        distribution=distribution,
        site=random.choice(_SITES),
        wave=_WAVES[wave] if profiles else "",
        clients=[version],
        audited=audited,
        last_seen=audited + 3600 * random.random(),
        compliant=not any(one.severity == "error" and one.answer != "waived" for one in answers),
        results=old,
        passed=passed("host", old),
    ), profiles


def _profile(kin: tuple[str, str, str, str, int, float], random: Random) -> ProfileRow:
    host, system, distribution, version, wave, audited = kin
    first, last = random.choice(_FIRST), random.choice(_LAST)
    user = f"{first}.{last}".lower()
    home = {"linux": f"/home/{user}", "darwin": f"/Users/{user}", "windows": f"C:/Users/{user}"}[system]
    names, weights = zip(*[(name, shares[wave]) for name, shares in _OUTCOMES], strict=True)
    outcome: OutcomeName = random.choices(names, weights)[0]
    done = outcome in {"moved", "already", "cured", "waiting-sign-in"}
    state: ProfileState = "new" if done else "both" if outcome == "refused" else "old"
    code, message, do = (
        text.format(host=host, user=user) for text in _WHY.get(outcome, ("", "", "") if done else _WHY["unknown"])
    )
    folders = [
        _folder(host, f"{home}/{tree}", outcome, random) for tree in random.sample(_TREES, random.choice((1, 1, 2)))
    ]
    copies = _copies(folders[0], home) if outcome == "already" and random.random() < 0.3 else []
    answers = _answers((host, user), outcome, version, copies, random)
    return ProfileRow(
        host=host,
        os=system,
        user=user,
        config_path=f"{home}/.config/Nextcloud/nextcloud.cfg" if system == "linux" else f"{home}/Nextcloud.cfg",
        distribution=distribution,
        client_version=version,
        client_installed=version,
        client_bits=64,
        session=outcome != "waiting-session",
        session_kind="console" if system == "windows" and outcome != "waiting-session" else "",
        restart_pending=outcome == "moved" and random.random() < 0.03,
        state=state,
        outcome=outcome,
        code=code,
        message=message,
        do=do or (f"smartfleet show {host}" if any(folder.verdict == "drift" for folder in folders) else ""),
        audited=audited,
        folders=folders,
        steps=_steps(outcome, random),
        proofs=[Proof(proof=proof, state="ok") for proof in _PROVEN] if outcome == "moved" else [],
        second_copies=copies,
        findings=[],
        results=answers,
        passed=passed("profile", answers),
    )


def _steps(outcome: OutcomeName, random: Random) -> list[Step]:
    if outcome == "failed":
        return [Step(step="stop-client", state="failed", seconds=20.0, detail="the client did not end")]
    if outcome not in {"moved", "waiting-sign-in", "rolled-back"}:
        return []
    state = "undone" if outcome == "rolled-back" else "done"
    return [Step(step=step, state=state, seconds=round(random.random() * 3, 2)) for step in _STEPS]


def _folder(host: str, path: str, outcome: OutcomeName, random: Random) -> FolderRow:
    verified = outcome in {"moved", "cured", "already"}
    verdict: VerdictName = random.choices(("match", "drift", "unknown"), (94, 2, 4))[0] if verified else "unknown"
    files, conflicts = random.randint(40, 30_000), random.choice((1, 2)) if verdict == "drift" else 0
    examples = [
        Difference(path=random.choice(_FILES), kind="lost"),
        Difference(path="Notiz (conflicted copy).md", kind="conflict"),
    ]
    answers = _verdict(host, verdict, conflicts)
    if random.random() < 0.02:
        answers.append(fail(host, "pending-uploads.old", count="3", days="9"))
    return FolderRow(
        local_path=path,
        files=files,
        bytes=files * random.randint(20_000, 900_000),
        placeholders=files // 3 if random.random() < 0.1 else 0,
        virtual_files="wincfapi" if path.startswith("C:") else "off",
        verdict=verdict,
        reason={
            "match": f"{files:,} files are as the journal knows them",
            "drift": f"1 file lost or altered, and nothing explains it; {conflicts} new conflict files",
            "unknown": "not verified yet",
        }[verdict],
        level="journal" if verified else "",
        synced=random.randint(0, 40) if verified else 0,
        user_changes=random.randint(0, 3),
        lost=1 if verdict == "drift" else 0,
        conflicts=conflicts,
        examples=examples if verdict == "drift" else [],
        results=answers,
        passed=passed("folder", answers),
    )


def _verdict(host: str, verdict: VerdictName, conflicts: int) -> list[CheckResult]:
    if verdict == "drift":
        return [fail(host, "folder-verdict.drift", lost="1", conflicts=str(conflicts))]
    return [unknown(host, "folder-verdict.never", do="do.verify")] if verdict == "unknown" else []


def _copies(folder: FolderRow, home: str) -> list[SecondCopy]:
    return [
        SecondCopy(
            account="1",
            local_path=folder.local_path,
            other_account="0",
            other_path=f"{home}/Nextcloud alt",
            bytes_wasted=folder.bytes // 2,
        )
    ]


def _answers(
    whose: tuple[str, str], outcome: OutcomeName, version: str, copies: list[SecondCopy], random: Random
) -> list[CheckResult]:
    host, user = whose
    found: list[CheckResult] = []
    if outcome not in {"moved", "already", "cured", "waiting-sign-in"}:
        found.append(fail(host, "old-server.one", login=user, server=OLD))
        found.append(fail(host, "new-account.one", login=user, server=OLD))
    if outcome == "waiting-sign-in":
        found.append(fail(host, "signed-in.waits"))
    if copies:
        found.append(fail(host, "second-copy.found", path=copies[0].local_path, other=copies[0].other_path))
    if version == "3.7.3":
        found.append(waived(fail(host, "client-too-old.found", version=version, minimum="3.13.0")))
    if random.random() < 0.06:
        found.append(fail(host, "autostart.off"))
    return found


def _of_folders(profile: ProfileRow) -> list[CheckResult]:
    return [answer for folder in profile.folders for answer in folder.results]


def _history(hosts: list[HostRow], profiles: list[ProfileRow], runs: int) -> list[Point]:
    """The fleet is audited first, then moves faster and faster, and rests at weekends."""
    moved, compliant = sum(row.state == "new" for row in profiles), sum(row.compliant for row in hosts)
    points = []
    for number in range(1, runs + 1):
        through = (number / runs) ** 1.6
        new = round(moved * through)
        points.append(
            Point(
                run=f"run-{number:03}",
                verb="audit" if number == 1 else ("apply", "verify")[number % 2],
                at=NOW - (runs - number + (runs - number) // 5 * 2) * _DAY,
                hosts=min(len(hosts), round(len(hosts) * (0.8 + number / runs / 4))),
                compliant=round(compliant * through),
                profiles=len(profiles),
                on_new_server=new,
                on_old_server=len(profiles) - new,
            )
        )
    return points


def _since(hosts: list[HostRow]) -> DiffDocument:
    better = [row.host for row in hosts if row.compliant][:40]
    worse = [row.host for row in hosts if not row.compliant and row.audited][:3]
    path = "/home/anna.abel/.config/Nextcloud/nextcloud.cfg"
    return DiffDocument(
        before=Moment(run="run-031", at=NOW - 26 * _DAY),
        after=Moment(run="", at=NOW),
        hosts_new=[row.host for row in hosts[-2:]],
        hosts_gone=["pc-gone-01"],
        hosts_changed=[
            *[_changed(host, "anna.abel", path, compliant=True) for host in better],
            *[_changed(host, "bert.bach", path, compliant=False) for host in worse],
        ],
        checks_changed=[CheckChange(check="audit-age", host=host, before="fail", after="pass") for host in better[:2]],
        folders_changed=[
            FolderChange(
                host=host,
                user="bert.bach",
                config_path=path,
                local_path="/home/bert.bach/Nextcloud",
                before="match",
                after="drift",
                reason="1 file lost or altered, and nothing explains it",
            )
            for host in worse
        ],
    )


def _changed(host: str, user: str, path: str, *, compliant: bool) -> HostChange:
    before, after = ("fail", "pass") if compliant else ("pass", "fail")
    check = CheckChange.model_validate(
        {"check": "old-server", "host": host, "user": user, "config_path": path, "before": before, "after": after}
    )
    return HostChange(host=host, compliant=compliant, checks=[check])

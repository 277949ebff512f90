"""A run as its events tell it: the picture, the lines of a pipe, the stream."""

from __future__ import annotations

import io
import json
import time
from typing import Any, get_args

import click
import pytest

from smartfleet.cli.progress import Progress
from smartfleet.cli.watch import Watcher
from smartfleet.engines.answers import MODULES, PROBE, Answer
from smartfleet.model.events import EVENT, Event
from smartfleet.model.results import WORST_FIRST, OutcomeName
from smartfleet.report.lines import counts_text, line, still
from smartfleet.report.terminal.watching import watching
from smartfleet.report.watching import Watching, worst
from smartfleet.text import visible
from tests.unit.builders import outcome
from tests.unit.screens import EVIL, shown

RUN = "20261122-120000-abcdef01"
NOON = 1_800_000_000.0


def event(name: str, at: float = 0.0, /, **fields: Any) -> Event:
    return EVENT.validate_python({"event": name, "time": NOON + at, "run": RUN, **fields})


def begun(*waves: int, **more: Any) -> Event:
    names = ["canary", *(f"wave {number}" for number in range(1, len(waves)))]
    return event(
        "run-begun", verb="apply", plan_hash="0" * 64, hosts=sum(waves), waves=list(waves), names=names, **more
    )


def wave(number: int, hosts: int, at: float = 0.0) -> Event:
    return event("wave-begun", at, wave=number, name="canary" if number == 0 else f"wave {number}", hosts=hosts)


def done(host: str, *words: str, at: float = 0.0, number: int = 0, code: str = "", message: str = "") -> Event:
    found = [outcome(host, word, code=code, message=message).model_dump() for word in words]
    return event("host-done", at, wave=number, host=host, outcomes=found)


def told(*events: Event) -> Watching:
    picture = Watching()
    for one in events:
        picture.tell(one)
    return picture


def test_every_outcome_has_its_place() -> None:
    assert sorted(WORST_FIRST) == sorted(get_args(OutcomeName))


class TestPicture:
    def test_hosts_count_once_with_their_worst_outcome(self) -> None:
        picture = told(begun(2, 3), wave(0, 2), done("pc-1", "moved", "failed"), done("pc-2", "moved"))
        assert picture.waves[0].counts == {"failed": 1, "moved": 1}
        assert (picture.through, picture.hosts) == (2, 5)

    def test_a_host_that_is_tried_again_has_its_last_outcome(self) -> None:
        picture = told(begun(1), wave(0, 1), done("pc-1", "waiting-online"), done("pc-1", "moved"))
        assert picture.waves[0].counts == {"moved": 1}
        assert picture.through == 1

    def test_states_of_waves(self) -> None:
        picture = told(begun(1, 2, 3), wave(0, 1), event("wave-ended", wave=0, name="canary", outcomes={}), wave(1, 2))
        assert [one.state for one in picture.waves] == ["done", "running", "pending"]
        assert picture.wave is picture.waves[1]

    def test_what_was_done_before_a_resume_counts(self) -> None:
        picture = told(begun(2, 10, resumed=True, through=[2, 4]), wave(1, 10), done("pc-7", "moved", number=1))
        assert [one.state for one in picture.waves] == ["done", "running"]
        assert picture.through == 7

    def test_the_speed_counts_hosts_that_were_worked_on(self) -> None:
        away = [done(f"off-{number}", "waiting-online", at=3) for number in range(50)]
        moved = [done(f"pc-{number}", "moved", at=30) for number in range(10)]
        picture = told(begun(100), wave(0, 100), *away, *moved)
        assert picture.rate(NOON + 60) == pytest.approx(10)
        assert picture.remaining(NOON + 60) == pytest.approx(40 * 6)

    def test_pauses_are_no_work(self) -> None:
        moved = [done(f"pc-{number}", "moved", at=60) for number in range(10)]
        ended = event("wave-ended", 60, wave=0, name="canary", outcomes={})
        pause = event("waiting", 60, reason="pause", until=NOON + 3600)
        picture = told(begun(10, 10), wave(0, 10), *moved, ended, pause)
        assert picture.rate(NOON + 3000) == pytest.approx(10)
        picture.tell(wave(1, 10, at=3600))
        assert picture.waiting is None
        assert picture.rate(NOON + 3660) == pytest.approx(5)

    def test_few_hosts_tell_no_speed(self) -> None:
        picture = told(begun(10), wave(0, 10), done("pc-1", "moved", at=2))
        assert (picture.rate(NOON + 5), picture.remaining(NOON + 5)) == (None, None)

    def test_a_clock_that_jumps_back_breaks_nothing(self) -> None:
        moved = [done(f"pc-{number}", "moved", at=-500) for number in range(5)]
        ended = event("wave-ended", -400, wave=0, name="canary", outcomes={})
        assert told(begun(10), wave(0, 10), *moved, ended).rate(NOON - 500) is None

    def test_only_the_last_problems_are_kept(self) -> None:
        picture = told(begun(9), wave(0, 9), *(done(f"pc-{number}", "failed") for number in range(9)))
        assert [one.place for one in picture.problems] == [f"pc-{number} eva" for number in range(4, 9)]

    @pytest.mark.parametrize(
        ("words", "name"),
        [
            (["moved", "waiting-session"], "waiting-session"),
            (["already", "moved"], "moved"),
            (["refused", "unknown"], "unknown"),
            ([], "already"),
        ],
    )
    def test_the_worst_outcome_stands_for_a_host(self, words: list[str], name: str) -> None:
        assert worst([outcome("pc", word) for word in words]) == name


BUSY = (
    begun(2, 40),
    wave(0, 2),
    done("pc-1", "moved", at=10),
    done("pc-2", "failed", at=20, code="no-permission", message=f"Not allowed: {EVIL}"),
    event("wave-ended", 20, wave=0, name="canary", outcomes={"moved": 1, "failed": 1}),
    wave(1, 40, at=30),
    *(done(f"pc-1{number}", "moved", at=60, number=1) for number in range(10)),
)


class TestTerminal:
    def test_waves_speed_and_problems(self) -> None:
        text = shown(watching(told(*BUSY), NOON + 60))
        assert f"apply {RUN}: 12 of 42 hosts, 14 a minute, about 2 min left" in text
        assert "canary   2  done" in text
        assert "failed 1, moved 1" in text
        assert "wave 1  40  running" in text
        assert "Last problems\n  pc-2 eva: failed no-permission Not allowed" in text

    def test_before_the_first_hosts_are_through_time_passes(self) -> None:
        assert "0 of 2 hosts, 1 min 15 s so far" in shown(watching(told(begun(2), wave(0, 2)), NOON + 75))

    def test_text_from_hosts_stays_text(self) -> None:
        text = shown(watching(told(*BUSY), NOON + 60), colour=True)
        assert "\x1b[2J" not in text
        assert "[bold]{{ 1 }}\\u202e" in text

    def test_a_long_run_shows_the_waves_around_the_present_one(self) -> None:
        events = [begun(*[1] * 100), wave(50, 1)]
        text = shown(watching(told(*events), NOON))
        assert "47 before" in text
        assert "47 more" in text
        assert len(text.splitlines()) == 9

    def test_why_nothing_happens(self) -> None:
        pause = event("waiting", reason="soak", until=NOON + 90)
        assert "(1 min 30 s), then it is verified" in shown(watching(told(*BUSY, pause), NOON))
        spent = event("budget-spent", wave=1, kind="failed", count=3, tolerated=2, scope="all")
        text = shown(watching(told(*BUSY, spent), NOON))
        assert "budget spent: 3 hosts of the run failed, 2 tolerated; hosts that run finish" in text


def lines(*events: Event) -> list[str]:
    picture, made = Watching(), []
    for one in events:
        picture.tell(one)
        made.append(line(picture, one, one.time))
    return [one for one in made if one]


class TestLines:
    def test_one_line_for_each_part_of_a_run(self) -> None:
        probed = event("probed", 31, wave=1, online=30, offline=["pc-30", "pc-31"], untried=8)
        ended = event("run-ended", 90, state="waiting", outcomes={"moved": 11, "waiting-online": 2, "failed": 1})
        assert lines(*BUSY[:6], probed, *BUSY[6:], ended) == [
            f"run {RUN} begins: 42 hosts in 2 waves (canary 2, wave 1 40)",
            "canary begins: 2 hosts",
            "canary ends: profiles: failed 1, moved 1",
            "wave 1 begins: 40 hosts",
            "wave 1: 30 online, 2 offline, 8 only tried",
            f"run {RUN}: waiting; profiles: failed 1, waiting-online 2, moved 11",
        ]

    def test_an_only_wave_has_no_lines_of_its_own(self) -> None:
        ended = event("wave-ended", 20, wave=0, name="wave 1", outcomes={"moved": 1})
        probed = event("probed", wave=0, online=1, offline=[], untried=0)
        assert lines(begun(1), wave(0, 1), probed, done("pc-1", "moved"), ended) == [
            f"run {RUN} begins: 1 host",
            "canary: 1 online, 0 offline",
        ]

    def test_a_wave_that_takes_long(self) -> None:
        assert still(told(*BUSY), NOON + 60) == ("wave 1: 10 of 40 hosts, 14 a minute, about 2 min left: moved 10")
        assert still(told(begun(2)), NOON) == ""
        assert still(told(begun(2), wave(0, 2)), NOON + 30) == "canary: 0 of 2 hosts: nothing yet"
        assert still(told(*BUSY, event("waiting", 60, reason="window", until=NOON + 9000)), NOON + 90) == ""

    def test_a_host_that_came_back_is_told(self) -> None:
        ended = event("wave-ended", wave=0, name="canary", outcomes={"waiting-online": 2})
        away = [done("pc-1", "waiting-online"), done("pc-2", "waiting-online")]
        told = lines(begun(2), wave(0, 2), *away, ended, done("pc-1", "waiting-online"), done("pc-2", "moved"))
        assert told[-1] == "pc-2: moved"
        assert not any(line.startswith("pc-1") for line in told)

    def test_a_resumed_run(self) -> None:
        assert lines(begun(5, resumed=True, through=[3])) == [f"run {RUN} goes on: 5 hosts, 3 of them tried before"]

    @pytest.mark.parametrize(
        ("reason", "text"),
        [
            ("pause", "pause until {} (2 h)"),
            ("window", "outside the maintenance windows: nothing new is begun until {} (2 h)"),
            ("queue", "7 hosts wait; next try {} (in 2 h)"),
            ("lost", "7 hosts of lost workers: asked how far it came, at {} (in 2 h)"),
        ],
    )
    def test_what_is_waited_for(self, reason: str, text: str) -> None:
        same_day = time.strftime("%H:%M", time.localtime(NOON + 7200))
        other_day = time.strftime("%Y-%m-%d %H:%M", time.localtime(NOON + 7200))
        made = lines(event("waiting", reason=reason, until=NOON + 7200, hosts=7))
        assert made in ([text.format(same_day)], [text.format(other_day)])

    def test_counts_are_told_worst_first(self) -> None:
        assert counts_text({"moved": 1200, "failed": 1, "refused": 0, "match": 2}) == "failed 1, moved 1,200, match 2"


class TestWatcher:
    def test_a_pipe_gets_lines_on_stderr_and_the_stream_on_stdout(self, capsys: pytest.CaptureFixture[str]) -> None:
        with Watcher("jsonl", yes=True) as watcher:
            for one in BUSY:
                watcher.tell(one)
            watcher.notify(f"stopping {EVIL}")
        printed = capsys.readouterr()
        assert [json.loads(row)["event"] for row in printed.out.splitlines()] == [one.event for one in BUSY]
        assert all(EVENT.validate_json(row) for row in printed.out.splitlines())
        assert "canary ends: profiles: failed 1" in printed.err
        assert "\x1b" not in printed.out + printed.err

    def test_other_forms_have_their_data_at_the_end(self, capsys: pytest.CaptureFixture[str]) -> None:
        with Watcher("json", yes=True) as watcher:
            watcher.tell(BUSY[0])
        assert capsys.readouterr().out == ""

    def test_a_reader_that_has_enough_does_not_stop_the_run(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def gone(*_: object, **more: object) -> None:
            if not more.get("err"):
                raise BrokenPipeError

        monkeypatch.setattr("sys.stdout", None)
        monkeypatch.setattr("smartfleet.cli.watch.click.echo", gone)
        with Watcher("jsonl", yes=True) as watcher:
            watcher.tell(BUSY[0])
            watcher.tell(BUSY[1])
        assert capsys.readouterr().out == ""

    def test_with_yes_nobody_is_asked(self) -> None:
        with Watcher("human", yes=True) as watcher:
            assert watcher.ask("Begin wave 1?")

    @pytest.mark.parametrize("answer", [True, False])
    def test_an_admin_is_asked(self, monkeypatch: pytest.MonkeyPatch, *, answer: bool) -> None:
        monkeypatch.setattr("smartfleet.cli.watch.confirm", lambda _question, **_: answer)
        with Watcher("human", yes=False) as watcher:
            assert watcher.ask("Begin wave 1?") is answer

    def test_ctrl_c_at_a_question_interrupts_the_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def stop(*_: object, **__: object) -> bool:
            raise click.Abort

        monkeypatch.setattr("smartfleet.cli.watch.confirm", stop)
        with Watcher("human", yes=False) as watcher, pytest.raises(KeyboardInterrupt):
            watcher.ask("Begin wave 1?")


class TestProgress:
    """Of the verbs that have no waves."""

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        now = [100.0]
        monkeypatch.setattr("smartfleet.cli.progress.time.monotonic", lambda: now[0])
        return now

    def test_hosts_that_are_away_count_and_tell_nothing_of_the_speed(
        self, clock: list[float], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with Progress("audit", 20) as progress:
            for number in range(10):
                progress.tell(Answer(f"off-{number}", PROBE, "unreachable", {}))
            clock[0] += 60
            for number in range(4):
                progress.tell(Answer(f"pc-{number}", f"{MODULES}client_facts", "ok", {}))
        assert capsys.readouterr().err.splitlines() == [
            "audit: 11 of 20 hosts, 10 unreachable",
            "audit: 14 of 20 hosts, 10 unreachable, about 1 min 30 s left",
        ]

    def test_a_remark_in_the_midst_of_a_write_waits_for_its_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As a signal handler makes it: a buffered stream raises RuntimeError where its writer writes again."""

        class Stream(io.StringIO):
            writing = False

            def write(self, text: str) -> int:
                assert not self.writing
                self.writing = True
                if text == "first\n":
                    progress.notify(f"stopping {EVIL}")
                self.writing = False
                return super().write(text)

        stream = Stream()
        monkeypatch.setattr("sys.stderr", stream)
        with Progress("audit", 1) as progress:
            progress.notify("first")
        assert sorted(stream.getvalue().splitlines()) == ["audit: 0 of 1 hosts", "first", f"stopping {visible(EVIL)}"]

    def test_what_is_not_ours_is_no_host(self, capsys: pytest.CaptureFixture[str]) -> None:
        with Progress("audit", 2) as progress:
            progress.tell(Answer("pc-1", "ansible.builtin.assert", "ok", {}))
            progress.tell(Answer("pc-1", f"{MODULES}client_facts", "skipped", {}))
        assert capsys.readouterr().err == "audit: 0 of 2 hosts\n"

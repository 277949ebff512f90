"""What is sent at the end of runs, and with `report --send`: written down first, then tried, and told.

Whatever goes wrong here is told and changes nothing else: no run's outcome, and no exit code.
What makes messages and what delivers them is imported when there is one: most runs have nobody to tell.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, get_args

from smartfleet.cli.next import after_apply
from smartfleet.cli.output import say
from smartfleet.durations import duration_text
from smartfleet.errors import StoreError
from smartfleet.fleet import Fleet
from smartfleet.fleet.sending import Target
from smartfleet.model.campaign import RunState
from smartfleet.model.report import ReportData
from smartfleet.model.runs import RunSummary
from smartfleet.model.sending import Message
from smartfleet.notify.patience import PATIENCE
from smartfleet.store import Store
from smartfleet.text import number_of

if TYPE_CHECKING:
    from smartfleet.notify.deliver import Sender, Tried

_STATES: Mapping[str, RunState] = {state: state for state in get_args(RunState)}


def send_report(fleet: Fleet, store: Store, data: ReportData) -> None:
    """To every target that wants reports; what fails stays in the outbox, and is told.

    Where the outbox takes nothing, because its disk is full, it is sent all the same: nothing makes up for it later.
    """
    targets = {name: one for name, one in fleet.config.sending.targets.items() if "report" in one.after}
    if not targets:
        say("nobody is to get it: no target below sending: in smartfleet.yml names report in its after")
        return
    from smartfleet.cli.outgoing import Outgoing  # noqa: PLC0415

    outgoing = Outgoing(fleet.state, lambda: data)
    made = _made(targets, outgoing.of_report)
    unkept = {name: message for name, message in made.items() if not _kept(store, name, message)}
    _guarded(partial(send_due, fleet, store))
    for name, message in unkept.items():
        _guarded(partial(_send_unkept, fleet, store, name, message), _unwritten(name))


def queue_run(fleet: Fleet, store: Store, run: str, report: Callable[[], ReportData]) -> None:
    """Writes down what is to be sent of a run that has ended. `report` is called if something of it is attached."""
    later = "waits for the next command that works on hosts, or smartfleet outbox send"
    _guarded(lambda: _queue_run(fleet, store, run, report), f"what is to be sent of run {run} {later}")


def queue_untold(fleet: Fleet, store: Store, report: Callable[[], ReportData]) -> None:
    """The same of runs whose process was killed before it had done so."""
    for run in store.untold(time.time() - PATIENCE):
        queue_run(fleet, store, run, report)


def send_due(fleet: Fleet, store: Store) -> None:
    """Tries what is due, and tells what came of it."""
    if fleet.config.sending.targets:
        tell(sender(fleet, store).due())


def sender(fleet: Fleet, store: Store) -> Sender:
    from smartfleet.cli.outgoing import words_of  # noqa: PLC0415
    from smartfleet.notify.deliver import Sender  # noqa: PLC0415

    return Sender(fleet.config.sending, store, words_of, os.environ)


@contextmanager
def sending_after(fleet: Fleet, store: Store, report: Callable[[], ReportData]) -> Iterator[None]:
    """When what is done inside has ended, well or not, what is due is sent. Not after Ctrl-C: nobody waits for it.

    `report` is called if something of it goes with a run of which nobody was told yet.
    """

    def send() -> None:
        queue_untold(fleet, store, report)
        send_due(fleet, store)

    try:
        yield
    except Exception:
        _guarded(send)
        raise
    _guarded(send)


def tell(tried: Iterable[Tried]) -> list[Tried]:
    """A line for all that were sent, and one for each that was not."""
    done = list(tried)
    for target, count in Counter(one.target for one in done if not one.trouble).items():
        say(f"sent to {target}: {number_of(count, 'message')}")
    for one in done:
        if one.trouble:
            say(f"not sent to {one.target}: {one.trouble}; {_later(one)}")
    return done


def _queue_run(fleet: Fleet, store: Store, run: str, report: Callable[[], ReportData]) -> None:
    summary = store.run(run)
    wanted = fleet.config.sending.targets.items()
    targets = {name: one for name, one in wanted if summary and summary.verb in one.after}
    if summary is None:
        return
    messages = _messages(fleet, store, summary, targets, report) if targets else {}
    store.add_news(run, summary.verb, messages)


def _messages(
    fleet: Fleet, store: Store, summary: RunSummary, targets: Mapping[str, Target], report: Callable[[], ReportData]
) -> dict[str, Message]:
    from smartfleet.cli.outgoing import Outgoing  # noqa: PLC0415
    from smartfleet.notify.news import run_news  # noqa: PLC0415

    run = summary.run
    outcomes, verdicts = store.outcomes(run=run), store.verdicts(run=run)
    commands = after_apply(outcomes, run=run, state=_STATES[summary.state]) if summary.verb == "apply" else []
    news = run_news(fleet.folder.resolve().name, summary, outcomes, verdicts, "".join(commands[:1]))
    outgoing = Outgoing(fleet.state, report)
    return _made(targets, lambda target: outgoing.of_run(news, target))


def _made(targets: Mapping[str, Target], make: Callable[[Target], Message]) -> dict[str, Message]:
    """By target; without those that want no such news, and those whose message cannot be made."""
    from smartfleet.notify.news import is_trouble  # noqa: PLC0415

    found: dict[str, Message] = {}
    for name, target in targets.items():

        def add(name: str = name, target: Target = target) -> None:
            message = make(target)
            if target.when == "always" or is_trouble(message.news):
                found[name] = message

        _guarded(add, _unwritten(name))
    return found


def _kept(store: Store, target: str, message: Message) -> bool:
    try:
        store.add_message(target, "report", message)
    except StoreError as error:
        say(f"what {target} is to get cannot be kept, and is tried once: {error.message}")
        return False
    return True


def _send_unkept(fleet: Fleet, store: Store, target: str, message: Message) -> None:
    done = sender(fleet, store).once(target, "report", message)
    if done.trouble:
        say(f"not sent to {target}: {done.trouble}; nothing of it is kept: smartfleet report --send")
    else:
        tell([done])


def _unwritten(target: str) -> str:
    return f"what {target} is to get cannot be written down"


def _guarded(work: Callable[[], object], what: str = "what is to be sent cannot be tried") -> None:
    """Whatever breaks here must not break the run that it tells of."""
    try:
        work()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - see above
        say(f"{what}: {_reason(error)}")


def _reason(error: BaseException) -> str:
    """What the store advises is for runs that stopped; here none does."""
    if isinstance(error, StoreError):
        return error.message
    return "interrupted" if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__


def _later(one: Tried) -> str:
    if one.next_at is None:
        return "it is kept and not tried again by itself: smartfleet outbox"
    return f"it is kept, and tried again in {duration_text(one.next_at - time.time() + 0.5)}: smartfleet outbox"

"""Between two waves: the first one is left alone for a while, and must then be as it should."""

from __future__ import annotations

from smartfleet.campaign.drive import Drive, Stop
from smartfleet.campaign.orders import moves
from smartfleet.campaign.tries import waits
from smartfleet.campaign.verify import Question, look
from smartfleet.campaign.waves import CANARY
from smartfleet.model.campaign import CampaignSettings, Wave
from smartfleet.text import number_of


def settle(drive: Drive, wave: Wave) -> None:
    """Soaks and verifies the wave, where the settings want it. Raises Stop where it did not prove itself."""
    settings = drive.settings.campaign
    if not is_verified(settings, wave):
        return
    if wave.name == CANARY and _all_wait(drive, wave):
        raise _proves_nothing(drive, f"every host of the {wave.name} waits, so nothing is known of any")
    if wave.name == CANARY and not _anything_done(drive, wave):
        raise _proves_nothing(drive, f"every host of the {wave.name} waits or was refused, so nothing is known of any")
    users = _moved(drive, wave)
    if not users:
        return
    _soak(drive, wave, settings.soak)
    hosts = sorted({host for host, _ in users})
    question = Question(level=drive.campaign.fleet.config.verify.level)
    found = look(drive.campaign, drive.run, hosts, question, drive.controls_for_looking())
    if found.interrupted:
        raise Stop("interrupted")
    judged = [verdict for verdict in found.verdicts if (verdict.host, verdict.user) in users]
    drive.judge(wave.number, judged)
    if (judged or found.troubles) and all(verdict.verdict == "unknown" for verdict in judged):
        told = f"{wave.name}: {number_of(len(hosts), 'host')} moved, and no folder of them could be verified"
        raise _proves_nothing(drive, told)
    drive.check_budget({wave.number})


def _proves_nothing(drive: Drive, why: str) -> Stop:
    again = f"smartfleet apply --resume {drive.run}"
    drive.campaign.controls.notify(f"{why}; try again: {again}, or go on without: {again} --verify none")
    return Stop("stopped")


def is_verified(settings: CampaignSettings, wave: Wave) -> bool:
    return settings.verify == "every" or (settings.verify == "canary" and wave.name == CANARY)


def _soak(drive: Drive, wave: Wave, seconds: float) -> None:
    """What was left of it when the run was interrupted is enough, and never more than `seconds`."""
    until = min(wave.soak_until or float("inf"), drive.now + seconds)
    drive.campaign.store.set_wave(drive.run, wave.number, "soaking", soak_until=until)
    drive.wait("soak", until)


def _moved(drive: Drive, wave: Wave) -> set[tuple[str, str]]:
    """(host, user) of the profiles that this run moved."""
    outcomes = (outcome for host in wave.hosts for outcome in drive.results.of(host))
    return {(outcome.host, outcome.user) for outcome in outcomes if outcome.outcome == "moved"}


def _anything_done(drive: Drive, wave: Wave) -> bool:
    """Whether a profile with something to do came to more than a refusal; how many may fail is the budget's."""
    for host in wave.hosts:
        ordered = {(move.user, move.config_path) for move in moves(drive.plans[host])}
        told = [one for one in drive.results.of(host) if (one.user, one.config_path) in ordered]
        if any(one.outcome != "refused" and not waits(one) for one in told):
            return True
    return False


def _all_wait(drive: Drive, wave: Wave) -> bool:
    return all(drive.results.progress[host].state == "waiting" for host in wave.hosts)

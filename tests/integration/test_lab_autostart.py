"""Autostart on a machine of the lab: with a session and without one, and switched off by the user."""

from __future__ import annotations

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.hostfacts import look

from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from smartfleet.lab.people import own_account, seated, sync
from smartfleet.model.facts import HostFacts

pytestmark = pytest.mark.once


def seen(host: LabHost) -> str:
    (profile,) = HostFacts.model_validate(look(str(host.root))).profiles
    return profile.autostart


def test_what_the_wizard_leaves_and_what_the_user_does_with_it(lab: Lab, host: LabHost) -> None:
    user = seated(lab, host.add_user("autostart"))
    sync(user, own_account(lab, user, lab.old_url))
    assert seen(host) == "on"
    user.set_autostart(on=False)
    assert seen(host) == "off"
    user.set_autostart(on=True)
    user.quit_client()
    user.log_off()
    assert seen(host) == "on"

"""The tests' own people, on a machine where an earlier test was killed."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.live.users import add_user, remove_user

pytestmark = [pytest.mark.live, pytest.mark.skipif(os.geteuid() != 0, reason="adds users: needs root")]


def test_what_a_killed_test_left_of_a_user_is_not_the_next_ones() -> None:
    gone = add_user("gone")
    remove_user(gone)
    left = gone.runtime / "Nextcloud"
    left.mkdir(parents=True)

    user = add_user("next")
    try:
        assert user.uid == gone.uid
        assert user.runtime.stat().st_uid == user.uid
        assert list(user.runtime.iterdir()) == []
    finally:
        remove_user(user)
        shutil.rmtree(gone.runtime, ignore_errors=True)
    assert not user.runtime.exists()

"""How often each check was answered how, over a fleet. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from smartfleet.model.policy import CheckCount, CheckInfo
from smartfleet.model.report import FolderRow, HostRow, ProfileRow
from smartfleet.report.rows import Rows


class Counts:
    """Told of one host after the other."""

    def __init__(self) -> None:
        self._passed: Counter[str] = Counter()
        self._others: Counter[tuple[str, str]] = Counter()

    def add(self, rows: Rows) -> None:
        self._add(rows.host)
        for profile in rows.profiles:
            self._add(profile)
            for folder in profile.folders:
                self._add(folder)

    def _add(self, row: HostRow | ProfileRow | FolderRow) -> None:
        self._passed.update(row.passed)
        for result in row.results:
            self._others[result.check, result.answer] += 1

    def of(self, checks: Iterable[CheckInfo]) -> list[CheckCount]:
        """In the order of `checks`; those that asked about nothing are 0 everywhere."""
        return [
            CheckCount(
                check=check,
                passed=self._passed[check.check],
                failed=self._others[check.check, "fail"],
                unknown=self._others[check.check, "unknown"],
                waived=self._others[check.check, "waived"],
            )
            for check in checks
        ]

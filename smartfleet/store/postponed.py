"""How often users put a move off, and until when."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from smartfleet.model.campaign import Postponed
from smartfleet.store.database import Part
from smartfleet.store.documents import batches
from smartfleet.store.tables import PostponedRow


class Postponements(Part):
    """By new server, host and user: who plans again must not hand out new postponements."""

    def postpone(self, server: str, host: str, user: str, until: float) -> Postponed:
        """Once more, until then."""

        def work(session: Session) -> Postponed:
            row = session.get(PostponedRow, (server, host, user), with_for_update=True)
            if row is None:
                row = PostponedRow(server=server, host=host, user=user, times=0, until=until)
                session.add(row)
            row.times, row.until = row.times + 1, until
            return _postponed(row)

        return self._database.write(work)

    def postponed(self, server: str, hosts: Sequence[str]) -> list[Postponed]:
        """Of `hosts`, past ones too."""

        def work(session: Session) -> list[Postponed]:
            own = select(PostponedRow).where(PostponedRow.server == server)
            return [
                _postponed(row)
                for part in batches(sorted(hosts))
                for row in session.scalars(own.where(PostponedRow.host.in_(part)).order_by(PostponedRow.host))
            ]

        return self._database.read(work)


def _postponed(row: PostponedRow) -> Postponed:
    return Postponed(host=row.host, user=row.user, times=row.times, until=row.until)

"""How often users put a move off, and until when."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select, update

from smartfleet.model.campaign import Postponed
from smartfleet.store.database import Part
from smartfleet.store.documents import batches
from smartfleet.store.tables import POSTPONED

# named as in the model
_COLUMNS = (POSTPONED.host, POSTPONED.user, POSTPONED.times, POSTPONED.until)


class Postponements(Part):
    """By new server, host and user: who plans again must not hand out new postponements."""

    def postpone(self, server: str, host: str, user: str, until: float) -> Postponed:
        """Once more, until then."""

        def work(connection: Connection) -> Postponed:
            here = (POSTPONED.server == server, POSTPONED.host == host, POSTPONED.user == user)
            times = connection.scalar(select(POSTPONED.times).where(*here).with_for_update())
            if times is None:
                row = {"server": server, "host": host, "user": user, "times": 1, "until": until}
                connection.execute(insert(POSTPONED.table), row)
            else:
                connection.execute(update(POSTPONED.table).where(*here).values(times=times + 1, until=until))
            return Postponed(host=host, user=user, times=(times or 0) + 1, until=until)

        return self._database.write(work)

    def postponed(self, server: str, hosts: Sequence[str]) -> list[Postponed]:
        """Of `hosts`, past ones too."""

        def work(connection: Connection) -> list[Postponed]:
            own = select(*_COLUMNS).where(POSTPONED.server == server).order_by(POSTPONED.host)
            return [
                Postponed.model_validate(row._asdict())
                for part in batches(sorted(hosts))
                for row in connection.execute(own.where(POSTPONED.host.in_(part))).all()
            ]

        return self._database.read(work)

"""Campaigns: settings, waves, progress, locks and drivers of runs; the audit trail; plans with a row per host."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SQLITE = (
    """create trigger trail_no_update before update on trail
    begin select raise(abort, 'the audit trail is append-only'); end""",
    """create trigger trail_no_delete before delete on trail
    begin select raise(abort, 'the audit trail is append-only'); end""",
    # "insert or replace" deletes a line without asking the trigger for deletions
    """create trigger trail_no_replace before insert on trail when exists
    (select 1 from trail where number = new.number or previous = new.previous or hash = new.hash)
    begin select raise(abort, 'the audit trail is append-only'); end""",
)
_POSTGRESQL = (
    """create function smartfleet_trail_refuse() returns trigger language plpgsql as
    $$ begin raise exception 'the audit trail is append-only'; end $$""",
    """create trigger trail_no_change before update or delete on trail
    for each row execute function smartfleet_trail_refuse()""",
    """create trigger trail_no_truncate before truncate on trail
    for each statement execute function smartfleet_trail_refuse()""",
)


def upgrade() -> None:
    _runs()
    _plans()
    _campaigns()
    _trail()


def _runs() -> None:
    for column in (
        sa.Column("number", sa.Integer, nullable=False, server_default="0"),
        sa.Column("parent", sa.String(64), nullable=False, server_default=""),
        sa.Column("settings", sa.Text),
        sa.Column("until", sa.Float),
        sa.Column("driver_host", sa.String(255)),
        sa.Column("driver_pid", sa.BigInteger),
        sa.Column("driver_started", sa.String(128)),
        sa.Column("renewed", sa.Float),
    ):
        op.add_column("runs", column)
    op.execute(
        "update runs set number = (select count(*) from runs as other"
        " where other.started < runs.started or (other.started = runs.started and other.id <= runs.id))"
    )


def _plans() -> None:
    hosts = op.create_table(
        "plan_hosts",
        sa.Column("plan_hash", sa.String(64), sa.ForeignKey("plans.hash"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("plan_hosts_host", "plan_hosts", ["plan_hash", "host"])
    plans = sa.table("plans", sa.column("hash", sa.String), sa.column("document", sa.Text))
    connection = op.get_bind()
    # one plan at a time: each can be large
    for plan_hash in connection.scalars(sa.select(plans.c.hash)).all():
        this = plans.c.hash == plan_hash
        document = json.loads(connection.scalars(sa.select(plans.c.document).where(this)).one())
        rows = [
            {"plan_hash": plan_hash, "number": number, "host": host["host"], "document": json.dumps(host)}
            for number, host in enumerate(document["hosts"])
        ]
        if rows:
            connection.execute(hosts.insert(), rows)
        connection.execute(plans.update().where(this).values(document=json.dumps(document | {"hosts": []})))


def _campaigns() -> None:
    op.create_table(
        "waves",
        sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("hosts", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("soak_until", sa.Float),
    )
    op.create_table(
        "progress",
        sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("host", sa.String(255), primary_key=True),
        sa.Column("wave", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Float),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
    )
    op.create_index("progress_host", "progress", ["host"])
    op.create_table(
        "host_locks",
        sa.Column("host", sa.String(255), primary_key=True),
        sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.id"), nullable=False, index=True),
        sa.Column("admin", sa.String(255), nullable=False),
        sa.Column("where", sa.String(255), nullable=False),
        sa.Column("taken", sa.Float, nullable=False),
        sa.Column("until", sa.Float, nullable=False),
    )
    op.create_table(
        "postponed",
        sa.Column("server", sa.Text, primary_key=True),
        sa.Column("host", sa.String(255), primary_key=True),
        sa.Column("user", sa.String(255), primary_key=True),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("until", sa.Float, nullable=False),
    )
    op.create_table(
        "writes",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("at", sa.Float, nullable=False, index=True),
    )


def _trail() -> None:
    op.create_table(
        "trail",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("previous", sa.String(64), nullable=False, unique=True),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.Column("document", sa.Text, nullable=False),
    )
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)

"""Reports over time: judgements of hosts, what earlier audits saw of folders, what is to be sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "judgements",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.id"), nullable=False, index=True),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("compliant", sa.Integer, nullable=False),
        sa.Column("profiles", sa.Integer, nullable=False),
        sa.Column("on_new_server", sa.Integer, nullable=False),
        sa.Column("on_old_server", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index(
        "judgements_host", "judgements", ["host", "id", "compliant", "profiles", "on_new_server", "on_old_server"]
    )
    op.create_table(
        "judged_runs",
        sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("newest", sa.Integer, nullable=False),
    )
    op.create_table(
        "folder_past",
        sa.Column("host", sa.String(255), primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Float, nullable=False),
        sa.Column("trouble", sa.Text, nullable=False),
    )

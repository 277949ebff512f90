"""What is counted of hosts, runs whose end nobody was told of, and facts by run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "standings",
        sa.Column("host", sa.String(255), primary_key=True),
        sa.Column("facts_id", sa.Integer, nullable=False),
        sa.Column("outcome_id", sa.Integer, nullable=False),
        sa.Column("verdict_id", sa.Integer, nullable=False),
        sa.Column("past", sa.String(64), nullable=False),
        sa.Column("ruler", sa.String(64), nullable=False),
        sa.Column("unchecked", sa.Integer, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
        sa.Column("until", sa.Float, nullable=False),
        sa.Column("after_day", sa.String(10), nullable=False),
        sa.Column("last_day", sa.String(10), nullable=False),
        sa.Column("bytes", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    # of runs from before nobody waits to be told
    op.add_column("runs", sa.Column("told", sa.Integer, nullable=False, server_default="1"))
    op.create_index("ix_facts_run_id", "facts", ["run_id"])

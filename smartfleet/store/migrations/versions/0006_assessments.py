"""What audits meant, kept with the facts that they were made of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assessments",
        sa.Column("host", sa.String(255), primary_key=True),
        sa.Column("facts_id", sa.Integer, nullable=False),
        sa.Column("ruler", sa.String(64), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )

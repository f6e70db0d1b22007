"""Recalibrations of models, and which was in use at each change of a threshold.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ADDED = {
    "models": ("recalibration_id",),
    "threshold_changes": ("recalibration_id", "n_recordings"),
}


def upgrade() -> None:
    """Adds a table and three columns; models without a recalibration have nothing in them."""
    op.create_table(
        "recalibrations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "model_id",
            sa.String(32),
            sa.ForeignKey("models.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("content", sa.JSON, nullable=False),
    )
    op.create_index("ix_recalibrations_model_id", "recalibrations", ["model_id"])
    for table, columns in ADDED.items():
        for column in columns:
            op.add_column(table, sa.Column(column, sa.Integer))


def downgrade() -> None:
    """Drops them."""
    for table, columns in ADDED.items():
        for column in columns:
            # Not in a batch: that makes the table anew, and with the old one all scores would go.
            op.drop_column(table, column)
    op.drop_table("recalibrations")

"""Labels of clips, the history of thresholds, notes, costs, what a fit was asked for, job logs.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ADDED = {
    "models": ("note", "arguments", "fit_seconds"),
    "scores": ("seconds", "peak_memory_bytes"),
    "jobs": ("log",),
}


def upgrade() -> None:
    """Adds two tables and six columns; each model's rate of now begins its history."""
    moment = sa.DateTime(timezone=True)
    op.add_column("models", sa.Column("note", sa.Text, nullable=False, server_default=""))
    op.add_column("models", sa.Column("arguments", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("models", sa.Column("fit_seconds", sa.Float))
    op.add_column("scores", sa.Column("seconds", sa.Float))
    op.add_column("scores", sa.Column("peak_memory_bytes", sa.BigInteger))
    op.add_column("jobs", sa.Column("log", sa.JSON, nullable=False, server_default="[]"))
    op.create_table(
        "labels",
        sa.Column(
            "clip_id",
            sa.String(64),
            sa.ForeignKey("clips.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
    )
    op.create_table(
        "threshold_changes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "model_id",
            sa.String(32),
            sa.ForeignKey("models.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("false_alarm_rate", sa.Float, nullable=False),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("undoes", sa.Integer),
        sa.Column("created_at", moment, nullable=False),
    )
    op.create_index("ix_threshold_changes_model_id", "threshold_changes", ["model_id"])
    op.execute(
        "INSERT INTO threshold_changes"
        ' (model_id, false_alarm_rate, threshold, note, "by", created_at)'
        " SELECT id, false_alarm_rate, threshold, '', '', created_at FROM models"
    )


def downgrade() -> None:
    """Drops them."""
    op.drop_table("threshold_changes")
    op.drop_table("labels")
    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column)

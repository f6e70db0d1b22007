"""Every name of a recording, when it began, and annotations of stretches of it.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds two columns and a table; the times of earlier recordings are read when they are."""
    op.add_column("clips", sa.Column("other_names", sa.JSON))
    op.add_column("clips", sa.Column("recorded_at", sa.Text))
    op.create_table(
        "box_annotations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "clip_id",
            sa.String(64),
            sa.ForeignKey("clips.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("start_s", sa.Float, nullable=False),
        sa.Column("end_s", sa.Float, nullable=False),
        sa.Column("low_hz", sa.Float),
        sa.Column("high_hz", sa.Float),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_box_annotations_clip_id", "box_annotations", ["clip_id"])


def downgrade() -> None:
    """Drops them."""
    op.drop_table("box_annotations")
    # Not in a batch: that makes the table anew, and with the old one all scores would go.
    op.drop_column("clips", "recorded_at")
    op.drop_column("clips", "other_names")

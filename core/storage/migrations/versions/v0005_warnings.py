"""Which channel of a recording was scored, and what to know of it before its score is trusted.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds two columns; of earlier scores the channel is the model's and nothing is known."""
    op.add_column("scores", sa.Column("channel", sa.String(8)))
    op.add_column("scores", sa.Column("warnings", sa.JSON))


def downgrade() -> None:
    """Drops them."""
    # Not in a batch: that makes the table anew.
    op.drop_column("scores", "warnings")
    op.drop_column("scores", "channel")

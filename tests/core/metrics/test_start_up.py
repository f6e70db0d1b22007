"""What an import of the metrics brings with it."""

import subprocess
import sys


def test_metrics_import_without_scikit_learn() -> None:
    """An explanation needs `core.metrics.faithfulness`, and must not wait for scikit-learn."""
    program = "import sys, core.metrics; raise SystemExit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

"""The browser tests' fixtures, and their mark."""

from pathlib import Path

import pytest

from tests.browser.browser import app_server, chromium, page, watch
from tests.browser.elsewhere import elsewhere, records_of

__all__ = ["app_server", "chromium", "elsewhere", "page", "records_of", "watch"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test of this folder, so that `-m 'not browser'` leaves them out."""
    here = Path(__file__).resolve().parent
    for item in items:
        if here in Path(item.path).resolve().parents:
            item.add_marker(pytest.mark.browser)

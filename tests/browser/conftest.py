"""The browser tests' fixtures, and their mark."""

from pathlib import Path

import pytest

from tests.browser.browser import app_server, chromium, page, watch

__all__ = ["app_server", "chromium", "page", "watch"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test of this folder, so that `-m 'not browser'` leaves them out."""
    here = Path(__file__).resolve().parent
    for item in items:
        if here in Path(item.path).resolve().parents:
            item.add_marker(pytest.mark.browser)

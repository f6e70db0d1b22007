"""A ZIP can be written whatever the clock says."""

import io
import time
import zipfile

import pytest

from core.report.recording import zip_bytes


@pytest.mark.parametrize("seconds", [0.0, 1e9, 5e9])
def test_a_zip_is_written_at_any_date(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    moment = time.gmtime(seconds)
    monkeypatch.setattr(time, "localtime", lambda *_: moment)
    content = zip_bytes({"a/report.html": b"all is well"})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (entry,) = archive.infolist()
        assert archive.read("a/report.html") == b"all is well"
        assert 1980 <= entry.date_time[0] <= 2107
        assert entry.date_time[0] == max(1980, min(2107, moment.tm_year))
        assert entry.external_attr >> 16 == 0o644 and entry.compress_type == zipfile.ZIP_DEFLATED

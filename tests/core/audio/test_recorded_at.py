"""When a recording began: what names and headers say, and what they do not."""

import datetime
import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.audio.recorded_at import moment_in_header, moment_in_name, recorded_at

RATE = 8000


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("20231105_063000.WAV", "2023-11-05T06:30:00"),
        ("20231105_063000T.WAV", "2023-11-05T06:30:00"),
        ("5BD2A1F0.WAV", "2018-10-26T05:11:12+00:00"),
        ("card1/5bd2a1f0.wav", "2018-10-26T05:11:12+00:00"),
        ("2024-05-01-birdnet-06:30:00.wav", "2024-05-01T06:30:00"),
        ("2024-05-01-birdnet-RTSP_1-06:30:00.mp3", "2024-05-01T06:30:00"),
        ("Turdus_merula-85-2024-05-01-birdnet-06:30:00.mp3", "2024-05-01T06:30:00"),
        ("2024-05-01-birdnet-06\uf03a30\uf03a00.wav", "2024-05-01T06:30:00"),
        ("SM4_20240501_063000.wav", "2024-05-01T06:30:00"),
        ("S4A01234_20240501_063000_000.wav", "2024-05-01T06:30:00"),
        ("SM2_0+1_20240501_063000.wac", "2024-05-01T06:30:00"),
        ("SM4_20240501_063000_UTC.wav", "2024-05-01T06:30:00+00:00"),
        ("SM4_20240501_063000-0500.wav", "2024-05-01T06:30:00-05:00"),
        ("SM4_20240501_063000_+0930.wav", "2024-05-01T06:30:00+09:30"),
        ("20240501T063000+1000_REC [-27.3888 152.8808].flac", "2024-05-01T06:30:00+10:00"),
        ("S20240815T060000+0930_E20240815T073000+0930.wav", "2024-08-15T06:00:00+09:30"),
        ("2024-05-01T06-30-00Z.wav", "2024-05-01T06:30:00+00:00"),
        ("2024-05-01T06:30:00.250+02:00.wav", "2024-05-01T06:30:00.250000+02:00"),
        ("2024-05-01T06:30.wav", "2024-05-01T06:30:00"),
        ("2024-05-01 06.30.00.wav", "2024-05-01T06:30:00"),
        ("2024-05-01 at 06.30.00.wav", "2024-05-01T06:30:00"),
        ("2024_05_01_06_30_00.wav", "2024-05-01T06:30:00"),
        ("20240501063000.wav", "2024-05-01T06:30:00"),
        ("day1\\rec-20240229-235959.wav", "2024-02-29T23:59:59"),
    ],
)
def test_a_name_says_when(name: str, moment: str) -> None:
    found = moment_in_name(name)
    assert found is not None
    assert found == datetime.datetime.fromisoformat(moment)
    assert found.utcoffset() == datetime.datetime.fromisoformat(moment).utcoffset()


@pytest.mark.parametrize(
    "name",
    [
        *("12345678.wav", "20240501.wav", "20231105.WAV", "60123456.wav", "DEADBEEF.wav"),
        *("20241301_063000.wav", "20240230_063000.wav", "20230229_120000.wav"),
        *("20240501_253000.wav", "20240501_066100.wav", "20240501_0630.wav", "2024-05-01.wav"),
        *("19700101_000000.WAV", "00000000.WAV", "5BD2A1F.WAV", "5BD2A1F00.WAV", "a5BD2A1F0.wav"),
        *(
            "120240501_063000.wav",
            "20240501_0630001.wav",
            "1-17367-A-10.wav",
            "normal_id_00_00000012.wav",
        ),
        *(
            "2024-0501_063000.wav",
            "sn12345678901234.wav",
            "20240501/063000.wav",
            "99999999999999.wav",
        ),
        *("99991231_235959.wav", "", ".wav", "section_00_source_test_anomaly_0001.wav"),
    ],
)
def test_no_time_is_made_of_other_numbers(name: str) -> None:
    assert moment_in_name(name) is None


def wav(*chunks: tuple[bytes, bytes], after: bool = False, kind: bytes = b"RIFF") -> bytes:
    """A WAV of 0.2 s with more chunks, before or after its samples."""
    made = io.BytesIO()
    soundfile.write(made, np.zeros(RATE // 5, np.float32), RATE, format="WAV", subtype="PCM_16")
    content = made.getvalue()
    more = b"".join(
        name + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) % 2)
        for name, body in chunks
    )
    at = len(content) if after else content.index(b"data")
    whole = content[:at] + more + content[at:]
    return kind + struct.pack("<I", len(whole) - 8) + whole[8:]


def comment(text: str) -> tuple[bytes, bytes]:
    body = text.encode() + b"\x00"
    return b"LIST", b"INFOICMT" + struct.pack("<I", len(body)) + body


def broadcast(date: str, time: str, samples: int = 0) -> tuple[bytes, bytes]:
    body = bytes(320) + date.encode().ljust(10, b"\x00") + time.encode().ljust(8, b"\x00")
    return b"bext", body + struct.pack("<QH", samples, 1) + bytes(254)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("chunk", "moment"),
    [
        (comment("Recorded at 06:30:00 05/11/2023 (UTC) by"), "2023-11-05T06:30:00+00:00"),
        (comment("Recorded at 06:30:00.25 05/11/2023 (UTC-3:30)"), "2023-11-05T06:30:00.250-03:30"),
        (comment("Recorded at 06:30:00 05/11/2023 (UTC+1) by"), "2023-11-05T06:30:00+01:00"),
        ((b"guan", b"GUANO\nTimestamp: 2024-05-01T06:30:00Z\n"), "2024-05-01T06:30:00+00:00"),
        ((b"guan", b"GUANO|Version: 1.0\nTimestamp:2024-05-01 06:30:00"), "2024-05-01T06:30:00"),
        (broadcast("2024-05-01", "06:30:00"), "2024-05-01T06:30:00"),
        (broadcast("2024:05:01", "06-30-00"), "2024-05-01T06:30:00"),
        (broadcast("2024-05-01", "06:30:00", int(23400.5 * RATE)), "2024-05-01T06:30:00.500000"),
        # The second part of a long recording, and a time code that begins at 10 s.
        (broadcast("2024-05-01", "06:30:00", 27000 * RATE), "2024-05-01T07:30:00"),
        (broadcast("2024-05-01", "06:30:00", 10 * RATE), "2024-05-01T06:30:00"),
        (broadcast("2024-05-01", "", 27000 * RATE), "2024-05-01T07:30:00"),
    ],
)  # fmt: skip
def test_a_header_says_when(chunk: tuple[bytes, bytes], moment: str, after: bool) -> None:
    found = moment_in_header(io.BytesIO(wav(chunk, after=after)))
    assert found is not None
    assert found == datetime.datetime.fromisoformat(moment)
    assert found.utcoffset() == datetime.datetime.fromisoformat(moment).utcoffset()


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"RIFF", wav(), wav(comment("Recorded at dawn")), wav((b"bext", b"short"))),
        *(wav(broadcast("0000-00-00", "00:00:00")), wav(broadcast("2024-13-01", "06:30:00"))),
        *(wav(broadcast("1970-01-01", "00:00:10")), wav(broadcast("", ""))),
        wav(comment("Recorded at 06:30:00 31/02/2023 (UTC)")),
        wav(comment("Recorded at 06:30:00 05/11/2023 (UTC)"))[:60],
        b"fLaC" + bytes(100),
    ],
)
def test_a_header_that_says_nothing_or_is_damaged_gives_nothing(content: bytes) -> None:
    assert moment_in_header(io.BytesIO(content)) is None


def test_the_header_counts_before_the_name_and_a_difference_is_said(tmp_path: Path) -> None:
    content = wav(comment("Recorded at 06:30:00 05/11/2023 (UTC+1) by AudioMoth"))
    agreeing = ("20231105_063000.WAV", "20231105_053000.WAV", "20231105_063001.WAV", "a.wav")
    for name in agreeing:
        (tmp_path / name).write_bytes(content)
        found = recorded_at(tmp_path / name)
        assert found is not None
        assert (found.moment.isoformat(), found.warning) == ("2023-11-05T06:30:00+01:00", "")
    found = recorded_at(tmp_path / "a.wav", "20231106_063000.WAV")
    assert found is not None
    assert found.moment.day == 5
    assert "2023-11-05 06:30:00+01:00" in found.warning
    assert "2023-11-06 06:30:00" in found.warning
    (tmp_path / "20231105_063000.flac").write_bytes(b"fLaC")
    by_name = recorded_at(tmp_path / "20231105_063000.flac")
    assert by_name is not None
    assert by_name.moment == datetime.datetime(2023, 11, 5, 6, 30)
    assert recorded_at(tmp_path / "gone.wav") is None


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "20231105_063000.wav"
    os.mkfifo(pipe)
    found = recorded_at(pipe)
    assert found is not None and found.moment.hour == 6
    assert recorded_at(tmp_path / ("x" * 300)) is None


def test_samples_of_any_size_are_passed_over(tmp_path: Path) -> None:
    chunk = comment("Recorded at 06:30:00 05/11/2023 (UTC)")
    # A recorder that was cut off declares no size; what follows is not searched.
    endless = bytearray(wav(chunk))
    at = endless.index(b"data") + 4
    for size in (0, 0xFFFF_FFFF):
        endless[at : at + 4] = struct.pack("<I", size)
        assert moment_in_header(io.BytesIO(bytes(endless))) is not None

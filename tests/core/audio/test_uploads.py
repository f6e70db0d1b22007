"""Uploads: ZIPs give their recordings and nothing that harms; every refusal is a sentence."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from core.audio import uploads
from core.audio.uploads import Upload, expand
from tests.support.bad_files import LONG_NAME, tone, wav_of, write_bad_files, zip_of

WAV = wav_of(tone(0.2))


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_bad_files(tmp_path_factory.mktemp("bad"))


def expanded(name: str, data: bytes) -> list[Upload]:
    return list(expand(name, data))


def of(path: Path) -> tuple[list[Upload], list[Upload]]:
    """The uploads of a file that have data, and those that have a problem."""
    with path.open("rb") as file:
        found = list(expand(path.name, file))
    assert all((upload.data is None) == (upload.problem is not None) for upload in found)
    return [u for u in found if u.problem is None], [u for u in found if u.problem is not None]


def test_a_recording_comes_as_it_is() -> None:
    assert expanded("a.wav", WAV) == [Upload("a.wav", WAV)]
    assert list(expand("a.wav", io.BytesIO(WAV))) == [Upload("a.wav", WAV)]
    assert expanded("empty.wav", b"") == [Upload("empty.wav", b"")]
    assert expanded("fan\x00\x1b 🌀.wav", WAV)[0].name == "fan 🌀.wav"


def test_a_zip_gives_its_audio_by_folder_and_nothing_else() -> None:
    data = zip_of(
        {
            "rain/": b"",
            "rain/a.wav": WAV,
            "rain/b.FLAC": b"b",
            "wind\\c.mp3": b"c",
            "./ü 🌀.ogg": b"d",
            "readme.txt": b"no audio",
            ".hidden.wav": WAV,
            "rain/.cache/x.wav": WAV,
            "__MACOSX/rain/._a.wav": WAV,
        }
    )
    names = ["rain/a.wav", "rain/b.FLAC", "wind/c.mp3", "ü 🌀.ogg"]
    for found in (expanded("rain.zip", data), expanded("renamed.bin", data)):
        assert [u.name for u in found] == names
        assert [u.data for u in found] == [WAV, b"b", b"c", b"d"]
        assert not any(u.problem for u in found)


def test_names_in_utf8_that_do_not_say_so_are_read_as_such() -> None:
    data = bytearray(zip_of({"ü.wav": WAV}))
    for signature, offset in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        data[data.index(signature) + offset] &= ~0x08
    assert expanded("a.zip", bytes(data))[0].name == "ü.wav"


def test_a_zip_inside_a_zip_is_refused_under_any_name(bad) -> None:
    good, refused = of(bad["nested zip"])
    assert [u.name for u in good] == ["good.wav"]
    assert refused[0].problem is not None
    assert "“inner.zip” in “nested.zip” is a ZIP inside a ZIP" in refused[0].problem
    disguised = expanded("a.zip", zip_of({"inner.wav": zip_of({"a.wav": WAV})}))
    assert disguised[0].problem is not None and "ZIP inside a ZIP" in disguised[0].problem


def test_paths_that_lead_outside_are_refused(bad) -> None:
    good, refused = of(bad["outside zip"])
    assert [u.name for u in good] == ["good.wav"]
    assert [u.name for u in refused] == ["../x.wav", "/x.wav", "C:/x.wav"]
    assert all("points outside" in (u.problem or "") for u in refused)


def test_a_bomb_is_refused_before_it_is_unpacked(bad) -> None:
    tracemalloc.start()
    good, refused = of(bad["bomb zip"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [u.name for u in good] == ["good.wav"]
    assert "200 times what it weighs" in (refused[0].problem or "")
    assert peak < 5e6


def test_a_bomb_that_lies_about_its_size_is_never_unpacked_beyond_it(bad) -> None:
    tracemalloc.start()
    good, refused = of(bad["lying bomb zip"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not good
    assert "is damaged" in (refused[0].problem or "")
    assert peak < 5e6


def test_limits_on_one_member_and_on_all(monkeypatch: pytest.MonkeyPatch) -> None:
    data = zip_of({f"{k}.wav": WAV for k in range(4)})
    monkeypatch.setattr(uploads, "MOST_TOTAL_BYTES", 2 * len(WAV) + 10)
    found = expanded("a.zip", data)
    assert [u.data is not None for u in found] == [True, True, False, False]
    assert "the ZIP unpacks to more than" in (found[2].problem or "")
    monkeypatch.setattr(uploads, "MOST_MEMBER_BYTES", len(WAV) - 1)
    found = expanded("a.zip", zip_of({"a.wav": WAV, "b.wav": b"short"}))
    assert [u.data for u in found] == [None, b"short"]
    monkeypatch.setattr(uploads, "MOST_MEMBERS", 3)
    found = expanded("a.zip", data)
    assert [u.name for u in found] == ["a.zip"]
    assert "holds 4 files, more than 3" in (found[0].problem or "")


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("encrypted zip", "“secret.wav” in “encrypted.zip” is encrypted"),
        ("corrupt zip", "“corrupt.zip” is damaged or no ZIP"),
        ("empty zip", "“empty.zip” holds no audio files"),
        ("no audio zip", "“no_audio.zip” holds no audio files"),
    ],
)
def test_what_cannot_be_opened_is_one_sentence(bad, key, sentence) -> None:
    good, refused = of(bad[key])
    assert not good and len(refused) == 1
    assert sentence in (refused[0].problem or "")


def test_one_damaged_member_leaves_the_others() -> None:
    data = bytearray(zip_of({"a.wav": WAV, "b.wav": WAV}))
    data[200] ^= 0xFF
    found = expanded("a.zip", bytes(data))
    assert "“a.wav” in “a.zip” is damaged" in (found[0].problem or "")
    assert found[1].data == WAV


def test_no_damage_of_a_zip_ever_raises() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.wav", b"abc" * 30)
    whole = buffer.getvalue()
    for position in range(len(whole)):
        for value in (0x00, 0xFF, whole[position] ^ 0x01):
            data = bytearray(whole)
            data[position] = value
            for upload in expanded("a.zip", bytes(data)):
                assert (upload.data is None) == (upload.problem is not None)
    for length in range(len(whole)):
        assert expanded("a.zip", whole[:length])[0].data is None


def test_a_name_of_300_characters_is_kept(bad) -> None:
    good, refused = of(bad["long name zip"])
    assert [u.name for u in good] == [LONG_NAME]
    assert not refused
    data = zip_of({"../" + LONG_NAME: WAV})
    assert len(expanded("a.zip", data)[0].problem or "") < 200

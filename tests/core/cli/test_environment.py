"""The command line in odd surroundings: one sentence each, or it works."""

import os
import signal
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from core.cli import main
from core.errors import SettingError, StoreError
from core.features.cache import FeatureCache
from core.jobs.tasks.fit import FitTask
from core.runtime import paths
from core.runtime.worker_process import worker_pool

ROOT = Path(__file__).resolve().parents[3]
posix = pytest.mark.skipif(os.name == "nt", reason="signals and devices are POSIX's")


def run_python(program: str, *given: str, **options: object) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, *given]
    options = {"capture_output": True, "text": True, "timeout": 60, "env": env} | options
    return subprocess.run(command, **options)  # type: ignore[call-overload,no-any-return]


def refused(given: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error of a command that fails."""
    assert main(given) in (1, 2)
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1 and "Traceback" not in printed.err
    return printed.err


# Where the home is


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object) -> None:
        raise KeyError("getpwuid(): uid not found: 54321")

    for name in ("HEARMAP_HOME", "HOME", "XDG_DATA_HOME", "USERPROFILE"):
        monkeypatch.delenv(name, raising=False)
    if os.name != "nt":
        monkeypatch.setattr("pwd.getpwuid", nobody)
    with pytest.raises(StoreError, match="HEARMAP_HOME is not set, and this system knows no"):
        paths.home()
    monkeypatch.setenv("HEARMAP_HOME", "~")
    with pytest.raises(StoreError, match="set HEARMAP_HOME to the folder"):
        paths.home()
    monkeypatch.setenv("HEARMAP_DATA_ROOT", "~somebody-else/x")
    assert paths.data_root() is None


def test_without_a_home_recordings_are_scored(
    model: Path, tank: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEARMAP_HOME", "~somebody-else/x")
    assert main(["score", str(model), str(tank / "0.wav")]) == 0
    capsys.readouterr()
    assert main(["weights", "list"]) == 0
    capsys.readouterr()
    said = refused(["fit", str(tank), "--out", str(tank.parent / "never")], capsys)
    assert "HEARMAP_HOME is “~somebody-else/x”" in said


@pytest.mark.parametrize("kind", ["file", "dangling", "read-only", "relative"])
def test_a_home_that_cannot_be_one(
    kind: str,
    tank: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home, out = tmp_path / "there", tmp_path / "model"
    given = ["fit", str(tank), "--out", str(out), "--progress", "off"]
    monkeypatch.setenv("HEARMAP_HOME", str(home))
    if kind == "file":
        home.write_text("mine")
        assert "which is no folder" in refused(given, capsys)
        assert home.read_text() == "mine"
    elif kind == "dangling":
        home.symlink_to("nowhere")
        assert "which is no folder" in refused(given, capsys)
    elif kind == "read-only":

        def denied(path: Path, *_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        with monkeypatch.context() as patch:
            patch.setattr(Path, "mkdir", denied)
            assert "access is denied; check who owns the folder" in refused(given, capsys)
    else:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HEARMAP_HOME", "relative/home")
        assert main(given) == 0
        assert (tmp_path / "relative/home/cache").is_dir()
    assert out.exists() == (kind == "relative")


# Seeds


@pytest.mark.parametrize("seed", ["-1", str(2**64), "1e3", "", "ten"])
def test_a_seed_that_is_none_is_refused(seed: str, capsys: pytest.CaptureFixture[str]) -> None:
    for given in (
        ["fit", "x", "--out", "m", f"--seed={seed}"],
        ["layers", "x", f"--seed={seed}"],
        ["bench", "envmix", "--machines", "fan", "--out", "x", f"--seed={seed}"],
    ):
        assert "A seed is a whole number from 0 to" in refused(given, capsys)


def test_the_largest_seed_is_one(aisfx_weights: Path) -> None:
    import torch

    from core.detectors.detector import Detector
    from core.detectors.heads.cfa import _clustered

    assert Detector(seed=2**64 - 1).seed == 2**64 - 1
    assert _clustered(torch.rand(8, 2), 2, 2**64 - 1).shape == (4, 2)
    for seed in (-1, 2**64):
        with pytest.raises(SettingError, match="A seed is"):
            Detector(seed=seed)
        with pytest.raises(SettingError, match="A seed is"):
            FitTask(clip_ids=["a"], seed=seed).check()


# The feature cache


@pytest.mark.parametrize("damage", ["emptied", "deleted while in use"])
def test_a_fit_makes_anew_what_is_missing_in_the_cache(
    damage: str, tank: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ["fit", str(tank), "--progress", "off", "--out"]
    assert main([*given, str(tmp_path / "first")]) == 0
    files = sorted(paths.feature_cache_dir().iterdir())
    assert len(files) == 6
    if damage == "emptied":
        for file in files:
            file.write_bytes(b"")
    else:
        read = FeatureCache.read

        def gone(cache: FeatureCache, key: str) -> object:
            while files:
                files.pop().unlink()
            return read(cache, key)

        monkeypatch.setattr(FeatureCache, "read", gone)
    assert main([*given, str(tmp_path / "second")]) == 0
    tensors = [(tmp_path / n / "tensors.safetensors").read_bytes() for n in ("first", "second")]
    assert tensors[0] == tensors[1]


# Ctrl-C, and streams that nobody reads

AT_IMPORT = """
import os, signal, sys
module = sys.argv.pop()
class AtImport:
    def find_spec(self, name, *_):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)
signal.signal(signal.SIGINT, signal.default_int_handler)
from core.__main__ import main
sys.meta_path.insert(0, AtImport())
sys.exit(main())
"""

IN_A_CALLBACK = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from core.__main__ import main
from core.audio.decoding.watched_file import WatchedFile
read, frames = WatchedFile.read_at, []
def interrupted(file, *given):
    frame = sys._getframe()
    while frame := frame.f_back:
        if frame.f_code.co_name == "vio_read":
            frames.append(frame)
            break
    if len(frames) == 3:
        os.kill(os.getpid(), signal.SIGINT)
    return read(file, *given)
WatchedFile.read_at = interrupted
sys.exit(main())
"""


@posix
@pytest.mark.parametrize("module", ["core.cli.explain", "numpy", "torch"])
def test_control_c_while_importing_is_one_line(module: str, model: Path, tank: Path) -> None:
    ended = run_python(AT_IMPORT, "score", str(model), str(tank / "0.wav"), module)
    assert (ended.returncode, ended.stderr) == (
        130,
        "hearmap: stopped; nothing half-done was saved.\n",
    )


@posix
def test_control_c_while_libsndfile_reads_is_not_the_end_of_the_recording(
    model: Path, tmp_path: Path
) -> None:
    long = tmp_path / "long.wav"
    with wave.open(str(long), "wb") as file:
        file.setparams((1, 2, 44_100, 0, "NONE", ""))
        file.writeframes(bytes(2 * 44_100 * 60))
    ended = run_python(IN_A_CALLBACK, "score", str(model), str(long))
    assert (ended.returncode, ended.stderr) == (
        130,
        "hearmap: stopped; nothing half-done was saved.\n",
    )
    assert "long.wav" not in ended.stdout


@posix
@pytest.mark.parametrize(
    ("redirected", "status", "said"),
    [
        (">&-", 0, ""),
        ("2>&-", 0, None),
        (">/dev/full", 1, "The system refused: the disk is full"),
        ("| head -1", 0, ""),
    ],
)
def test_streams_that_nobody_reads(redirected: str, status: int, said: str | None) -> None:
    if "full" in redirected and not Path("/dev/full").exists():
        pytest.skip("this system has no device that is full")
    command = f'"{sys.executable}" -m core weights list {redirected}'
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        command, shell=True, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == status and "Traceback" not in ended.stderr
    if said is not None:
        assert said in ended.stderr and ended.stderr.count("\n") <= 1
    if said == "":
        assert ended.stderr == ""


def set_up() -> None:
    """Nothing: what a pool's processes begin with."""


@posix
def test_control_c_on_a_terminal_reaches_no_worker() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    pool = worker_pool(1, set_up)
    try:
        blocked = pool.submit(signal.pthread_sigmask, signal.SIG_BLOCK, []).result(timeout=60)
    finally:
        pool.shutdown()
    assert signal.SIGINT in blocked
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before

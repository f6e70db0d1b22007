"""The player in Chromium: what is heard, measured on the samples that reach the loudspeaker.

The page is player_page.py: tone bursts at 1 kHz (1.0-1.3 s), 4 kHz (1.6-1.9 s) and 6 kHz
(3.4-3.6 s) in noise.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.audio import read_clip
from tests.browser.browser import (
    AppServer,
    keyed,
    open_app,
    player,
    playhead_seconds,
    wait_idle,
    watched_page,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Page

SCRIPT = Path(__file__).with_name("player_page.py")
DURATION_SECONDS = 5.0
TOP, LEFT, RIGHT = 10, 46, 16

# Every connection to the loudspeaker also goes to an analyser, whose samples end at "now".
TAP = """
(() => {
  const connect = AudioNode.prototype.connect;
  const taps = new WeakMap();
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) {
      if (!taps.has(this.context)) {
        const analyser = new AnalyserNode(this.context, { fftSize: 32768 });
        taps.set(this.context, analyser);
        window.tapped = { context: this.context, analyser };
        connect.call(analyser, target);
      }
      return connect.call(this, taps.get(this.context));
    }
    return connect.call(this, target, ...rest);
  };
})();
"""
HEARD = """() => {
  const { context, analyser } = window.tapped;
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  const host = [...document.querySelectorAll("*")].find((e) => e.shadowRoot?.querySelector(
    ".hearmap-player"));
  const root = host.shadowRoot.querySelector(".hearmap-player");
  return {
    samples: [...samples],
    rate: context.sampleRate,
    state: context.state,
    playhead: Number(root.dataset.playheadSeconds),
    latency: context.outputLatency || context.baseLatency,
  };
}"""


@pytest.fixture
def server(app_server: Callable[..., AppServer], page: Page) -> AppServer:
    page.add_init_script(TAP)
    server = app_server(SCRIPT)
    open_app(page, server)
    player(page).locator(".plot").wait_for()
    page.wait_for_function(f"() => ({HEARD_ROOT})()?.dataset.playheadSeconds")
    return server


HEARD_ROOT = """() => [...document.querySelectorAll("*")]
  .map((e) => e.shadowRoot?.querySelector(".hearmap-player")).find(Boolean)"""

NOW = f"""() => ({{
  clock: performance.now() / 1000,
  playhead: Number(({HEARD_ROOT})().dataset.playheadSeconds),
}})"""


def wait_until(page: Page, condition: str) -> None:
    """Waits until a condition on the player's data attributes, `d`, holds."""
    page.wait_for_function(
        f"() => {{ const d = ({HEARD_ROOT})()?.dataset; return d && ({condition}); }}"
    )


def heard(page: Page) -> tuple[np.ndarray, int]:
    """The samples of the last 0.68 s or so, and their rate."""
    got = page.evaluate(HEARD)
    assert got["state"] == "running"
    return np.asarray(got["samples"]), int(got["rate"])


def plot(page: Page) -> FloatRect:
    box = player(page).locator(".plot").bounding_box()
    assert box is not None
    return box


def point(page: Page, seconds: float, y: float = 0.5) -> tuple[float, float]:
    """Where a time is on the screen, at a fraction of the picture's height."""
    box = plot(page)
    x = box["x"] + LEFT + seconds / DURATION_SECONDS * (box["width"] - LEFT - RIGHT)
    return x, box["y"] + TOP + y * 280


def y_of(page: Page, hz: float) -> float:
    """The height on the screen of a frequency, on the page's mel axis."""
    mel = 2595 * np.log10(1 + hz / 700)
    top = 2595 * np.log10(1 + 22_050 / 700)
    box = plot(page)
    # Region lane, score, gaps and time axis are below the picture: see paint.js.
    height = 420 - TOP - (22 + 6) - 60 - 12 - 24
    return float(box["y"] + TOP + (1 - mel / top) * height)


def energy_db(samples: np.ndarray, rate: int, low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.size))) ** 2
    hz = np.fft.rfftfreq(samples.size, 1 / rate)
    return float(10 * np.log10(power[(hz >= low_hz) & (hz <= high_hz)].sum() + 1e-12))


def test_sound_starts_and_the_playhead_moves_in_step(page: Page, server: AppServer) -> None:
    player(page).get_by_role("button", name="Play").click()
    wait_until(page, "d.state === 'playing' && Number(d.playheadSeconds) > 0.2")
    times = page.evaluate(
        f"""async () => {{
          const root = ({HEARD_ROOT})();
          const read = () => [performance.now() / 1000, Number(root.dataset.playheadSeconds)];
          const pairs = [];
          for (let i = 0; i < 30; i++) {{
            await new Promise((done) => setTimeout(done, 50));
            pairs.push(read());
          }}
          return pairs;
        }}"""
    )
    clock, playhead = np.asarray(times).T
    drift = (playhead - playhead[0]) - (clock - clock[0])
    assert np.abs(drift).max() < 0.08


def test_space_plays_wherever_the_focus_is(page: Page, server: AppServer) -> None:
    """The page arrives with the keys; Space is not taken by what was clicked last."""
    page.keyboard.press("Space")
    wait_until(page, "d.state === 'playing'")
    page.keyboard.press("n")
    page.get_by_text("Region 1 selected").wait_for()
    again = keyed(page, "again").get_by_role("button")
    again.click()
    page.get_by_text("Run 3").wait_for()
    for state in ("paused", "playing"):
        page.keyboard.press("Space")
        wait_until(page, f"d.state === '{state}'")
    loop = player(page).get_by_role("button", name="Loop")
    loop.click()
    wait_until(page, "d.looping === 'true'")
    for state in ("paused", "playing"):
        page.keyboard.press("Space")
        wait_until(page, f"d.state === '{state}' && d.looping === 'true'")
    page.get_by_role("slider", name="Threshold").focus()
    page.keyboard.press("Space")
    wait_until(page, "d.state === 'paused'")
    page.wait_for_timeout(300)
    assert "Run 3" in page.inner_text("body")


def test_space_is_left_to_what_needs_it(page: Page, server: AppServer) -> None:
    note = page.get_by_role("textbox", name="Note")
    note.click()
    page.keyboard.type("n b l")
    assert note.input_value() == "n b l"
    # Reached by the keyboard, a button is pressed.
    page.keyboard.press("Shift+Tab")
    page.get_by_text("Run 2").wait_for()  # the note
    page.keyboard.press("Space")
    page.get_by_text("Run 3").wait_for()
    data = {name: player(page).get_attribute(f"data-{name}") for name in ("state", "region")}
    assert data == {"state": "paused", "region": ""}
    assert player(page).get_attribute("data-solo") == "false"


def test_the_playhead_is_where_the_sound_is(page: Page, server: AppServer) -> None:
    """The burst that starts at 1.6 s reaches the loudspeaker when the playhead is there."""
    page.keyboard.press("Tab")
    player(page).locator(".plot").focus()
    page.keyboard.press("2")  # the bursts without the noise
    page.mouse.click(*point(page, 1.4))
    page.keyboard.press("Space")
    wait_until(page, "Number(d.playheadSeconds) > 1.75 && Number(d.playheadSeconds) < 1.9")
    got = page.evaluate(HEARD)
    samples, rate = np.asarray(got["samples"]), got["rate"]
    sounding = np.flatnonzero(np.abs(samples) > 0.02)
    onset_ago = (samples.size - sounding[0]) / rate
    # The analyser is that latency ahead of the loudspeaker.
    heard_at = got["playhead"] - onset_ago + got["latency"]
    assert heard_at == pytest.approx(1.6, abs=0.05)


def test_a_click_seeks(page: Page, server: AppServer) -> None:
    page.mouse.click(*point(page, 3.0))
    wait_until(page, "Math.abs(Number(d.playheadSeconds) - 3) < 0.02")
    assert player(page).get_attribute("data-state") == "paused"
    page.keyboard.press("ArrowRight")
    wait_until(page, "Math.abs(Number(d.playheadSeconds) - 3.1) < 0.02")
    page.keyboard.press("Shift+ArrowLeft")
    wait_until(page, "Math.abs(Number(d.playheadSeconds) - 2.1) < 0.02")
    page.keyboard.press("Home")
    wait_until(page, "Number(d.playheadSeconds) === 0")


@pytest.mark.parametrize("rest", ["sent", "made"])
def test_switching_sounds_keeps_the_place_and_changes_what_is_heard(
    page: Page, server: AppServer, rest: str
) -> None:
    if rest == "made":
        # What the map removes is not sent but made here of the clip and what it keeps.
        open_app(page, server, "?residual=1")
        player(page).locator(".plot").wait_for()
        page.wait_for_function(f"() => ({HEARD_ROOT})()?.dataset.playheadSeconds")
    player(page).locator(".plot").focus()
    page.keyboard.press("Space")
    wait_until(page, "d.state === 'playing' && Number(d.playheadSeconds) > 0.1")
    before = page.evaluate(NOW)
    page.keyboard.press("3")
    wait_until(page, "d.sound === 'removed'")
    after = page.evaluate(NOW)
    moved = (after["playhead"] - before["playhead"]) - (after["clock"] - before["clock"])
    assert abs(moved) < 0.15
    # Round and round the 4 kHz burst: the clip has it, the rest is noise.
    page.keyboard.press("n")
    page.keyboard.press("l")
    page.keyboard.press("1")
    page.wait_for_timeout(1100)
    assert tone_over_noise_db(page) > 25
    page.keyboard.press("3")
    page.wait_for_timeout(1100)
    assert tone_over_noise_db(page) < 12
    assert player(page).get_attribute("data-state") == "playing"


def tone_over_noise_db(page: Page) -> float:
    samples, rate = heard(page)
    tone = energy_db(samples, rate, 3900, 4100)
    return tone - energy_db(samples, rate, 4900, 5100)


def test_a_dragged_box_plays_only_its_time_and_band(page: Page, server: AppServer) -> None:
    x0, _ = point(page, 1.65)
    x1, _ = point(page, 1.85)
    page.mouse.move(x0, y_of(page, 5000))
    page.mouse.down()
    page.mouse.move((x0 + x1) / 2, y_of(page, 4000), steps=4)
    page.mouse.move(x1, y_of(page, 3000), steps=4)
    page.mouse.up()
    wait_until(page, "d.solo === 'true'")
    shown = page.get_by_text("Box 1.6")
    shown.wait_for()
    words = shown.inner_text().replace(",", "").split()
    start_s, end_s, low_hz, high_hz = (float(words[i]) for i in (1, 2, 4, 5))
    assert (start_s, end_s) == (pytest.approx(1.65, abs=0.01), pytest.approx(1.85, abs=0.01))
    assert (low_hz, high_hz) == (pytest.approx(3000, rel=0.03), pytest.approx(5000, rel=0.03))
    page.keyboard.press("l")
    page.keyboard.press("Space")
    wait_until(page, "d.state === 'playing'")
    page.wait_for_timeout(1200)
    samples, rate = heard(page)
    inside = energy_db(samples, rate, 3000, 5000)
    outside = max(energy_db(samples, rate, 60, 2500), energy_db(samples, rate, 6000, rate / 2))
    assert inside - outside > 30
    for _ in range(5):
        assert 1.6 <= playhead_seconds(page) <= 1.9
        page.wait_for_timeout(60)
    page.keyboard.press("Escape")
    wait_until(page, "d.solo === 'false'")
    page.get_by_text("Nothing selected").wait_for()


def test_only_this_is_heard_at_once_and_everything_again(page: Page, server: AppServer) -> None:
    """Chosen alone, a box is heard alone from its beginning; then everything goes on."""
    everything, only = (
        player(page).get_by_role("radio", name=name) for name in ("Everything", "Only this")
    )
    assert only.is_disabled()
    page.keyboard.press("n")
    page.get_by_text("Region 1 selected").wait_for()
    page.keyboard.press("l")
    only.click()
    wait_until(page, "d.state === 'playing' && d.solo === 'true'")
    page.wait_for_timeout(1100)
    samples, rate = heard(page)
    outside = max(energy_db(samples, rate, 60, 2500), energy_db(samples, rate, 6000, rate / 2))
    assert energy_db(samples, rate, 3000, 5000) - outside > 30
    page.keyboard.press("b")
    wait_until(page, "d.state === 'playing' && d.solo === 'false'")
    assert everything.get_attribute("aria-checked") == "true"
    page.wait_for_timeout(1100)
    samples, rate = heard(page)
    assert energy_db(samples, rate, 3000, 5000) - energy_db(samples, rate, 6000, rate / 2) < 30
    # A box that was only drawn is played by the same button, though it is chosen already.
    page.keyboard.press("Space")
    drag(page, point(page, 3.3), point(page, 3.7, 0.2))
    wait_until(page, "d.solo === 'true' && d.state === 'paused'")
    only.click()
    wait_until(page, "d.solo === 'true' && d.state === 'playing'")
    region = player(page).get_by_role("button", name="Region 1 of 3")
    assert region.get_attribute("aria-pressed") == "false"
    page.keyboard.press("Escape")
    wait_until(page, "d.solo === 'false'")
    assert only.is_disabled()


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def test_a_straight_drag_is_a_box_of_all_frequencies_or_times(
    page: Page, server: AppServer
) -> None:
    (x0, y), (x1, _) = point(page, 1.0), point(page, 2.0)
    drag(page, (x0, y), (x1, y + 1))
    page.get_by_text("Box 1.0").wait_for()
    words = page.get_by_text("Box 1.0").inner_text().replace(",", "").split()
    assert [float(words[i]) for i in (4, 5)] == [12, 21635]  # the page's rows
    x2 = point(page, 3.0)[0]
    drag(page, (x2, y_of(page, 8000)), (x2 + 1, y_of(page, 4000)))
    page.get_by_text("Box 0.000 5.000 s, ").wait_for()
    words = page.get_by_text("Box 0.000 5.000 s, ").inner_text().split()
    assert [float(words[i]) for i in (4, 5)] == [pytest.approx(hz, rel=0.05) for hz in (4e3, 8e3)]


def test_a_box_is_moved_and_resized_by_mouse_and_keys_and_saved(
    page: Page, server: AppServer, tmp_path: Path
) -> None:
    (x0, _), (x1, _) = point(page, 3.0), point(page, 4.0)
    top, foot = y_of(page, 8000), y_of(page, 4000)

    def box() -> list[float]:
        words = page.get_by_text(re.compile("^Box ")).inner_text().replace(",", "").split()
        return [float(words[i]) for i in (1, 2, 4, 5)]

    def until(start_s: float, end_s: float) -> None:
        page.get_by_text(re.compile(f"^Box {start_s:.1f}.* {end_s:.1f}")).wait_for()

    drag(page, (x0, top), (x1, foot))
    until(3.0, 4.0)
    first = box()
    middle = (top + foot) / 2
    x2 = point(page, 2.5)[0]
    drag(page, ((x0 + x1) / 2, middle), ((x0 + x1) / 2 + x2 - x0, middle))
    until(2.5, 3.5)
    assert box()[2:] == first[2:]
    drag(page, (point(page, 3.5)[0], top), (point(page, 3.7)[0], top + 20))  # a corner
    until(2.5, 3.7)
    assert box()[2] == first[2] and box()[3] < first[3]
    page.keyboard.press("e")
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Control+Shift+ArrowUp")
    until(2.4, 3.7)
    assert box()[2] > first[2]
    with page.expect_download() as saved:
        page.keyboard.press("w")
    assert re.fullmatch(
        r"pump_1_2\.40-3\.70s_[\d.]+-[\d.]+kHz\.wav", saved.value.suggested_filename
    )
    path = tmp_path / "saved.wav"
    saved.value.save_as(path)
    clip = read_clip(path)
    assert clip.samples.size / clip.sample_rate == pytest.approx(1.3, abs=0.01)
    low_hz, high_hz = box()[2:]
    inside = energy_db(clip.samples, clip.sample_rate, low_hz, high_hz)
    assert inside - energy_db(clip.samples, clip.sample_rate, 60, 0.9 * low_hz) > 30


def test_another_recording_keeps_zoom_and_range_and_plays_no_residual(
    page: Page, server: AppServer
) -> None:
    open_app(page, server, "?residual=1")
    wait_until(page, "d.view")
    page.mouse.click(*point(page, 2.5))
    for key in ("+", "{", "{", "3"):
        page.keyboard.press(key)
    wait_until(page, "d.sound === 'removed'")
    shown, digest = visible(page), player(page).get_attribute("data-digest")
    range_db = player(page).locator("[data-part=range]").input_value()
    page.get_by_text("Another recording").click()
    wait_until(page, f"d.digest !== '{digest}' && d.sound === 'clip'")
    assert visible(page) == shown
    assert player(page).locator("[data-part=range]").input_value() == range_db
    player(page).locator(".plot").focus()
    page.keyboard.press("2")
    wait_until(page, "d.sound === 'kept'")
    page.get_by_text("Another recording").click()
    wait_until(page, f"d.digest === '{digest}' && d.sound === 'kept'")


def test_regions_are_stepped_through_by_key_and_spoken(page: Page, server: AppServer) -> None:
    player(page).locator(".plot").focus()
    page.keyboard.press("n")
    wait_until(page, "d.region === '0' && Math.abs(Number(d.playheadSeconds) - 1.6) < 0.01")
    page.get_by_text("Region 1 selected").wait_for()
    spoken = player(page).get_by_role("status").inner_text()
    assert spoken == "Region 1 of 3: 1.6 to 1.9 seconds, 3 to 5 kHz"
    page.keyboard.press("p")
    wait_until(page, "d.region === '2'")
    page.get_by_text("Region 3 selected").wait_for()
    player(page).get_by_role("button", name="Region 2 of 3").click()
    page.get_by_text("Region 2 selected").wait_for()
    wait_until(page, "Math.abs(Number(d.playheadSeconds) - 3.4) < 0.01")


def test_playback_goes_on_through_a_rerun_and_a_moved_threshold(
    page: Page, server: AppServer
) -> None:
    player(page).locator(".plot").focus()
    page.keyboard.press("l")
    page.keyboard.press("Space")
    wait_until(page, "d.state === 'playing' && Number(d.playheadSeconds) > 0.1")
    watch_for_jumps(page, DURATION_SECONDS)
    keyed(page, "again").get_by_role("button").click()
    page.get_by_text("Run 2").wait_for()
    digest = player(page).get_attribute("data-digest")
    page.get_by_role("slider", name="Threshold").focus()
    page.keyboard.press("ArrowRight")
    wait_until(page, f"d.digest !== '{digest}'")
    wait_idle(page)
    assert page.evaluate("() => window.jumps") == []


def watch_for_jumps(page: Page, loop_seconds: float = 1e9) -> None:
    """Notes in `jumps` whenever the playhead is not where the clock says, or the sound stops."""
    page.evaluate(
        f"""() => {{
          const root = ({HEARD_ROOT})();
          window.jumps = [];
          let last = Number(root.dataset.playheadSeconds), when = performance.now();
          const look = () => {{
            const now = performance.now(), at = Number(root.dataset.playheadSeconds);
            const expected = (last + (now - when) / 1000) % {loop_seconds};
            const off = Math.abs(at - expected);
            if (Math.min(off, {loop_seconds} - off) > 0.45 || root.dataset.state !== "playing")
              window.jumps.push([at, expected, root.dataset.state]);
            last = at; when = now;
            requestAnimationFrame(look);
          }};
          look();
        }}"""
    )


def test_zoom_keys_and_wheel_and_the_help(page: Page, server: AppServer) -> None:
    whole = visible(page)
    page.mouse.click(*point(page, 2.5))
    page.keyboard.press("+")
    page.wait_for_timeout(150)
    start, end, low, high = visible(page)
    assert end - start == pytest.approx(0.7 * DURATION_SECONDS, rel=0.01)
    assert (start + end) / 2 == pytest.approx(2.5, abs=0.02)
    page.mouse.wheel(0, -200)
    page.wait_for_timeout(150)
    assert visible(page)[1] - visible(page)[0] < end - start
    # Without a click, Ctrl zooms at the pointer and Shift moves, as in Audacity.
    player(page).get_by_role("button", name="Zoom out", exact=True).focus()
    for modifier in ("Control", "Shift"):
        shown = visible(page)
        page.keyboard.down(modifier)
        page.mouse.wheel(0, -150)
        page.keyboard.up(modifier)
        page.wait_for_timeout(150)
        assert visible(page)[:2] != shown[:2]
    player(page).locator(".plot").focus()
    page.keyboard.press("Alt+=")
    page.wait_for_timeout(150)
    assert visible(page)[3] - visible(page)[2] < high - low
    page.keyboard.press("0")
    page.wait_for_timeout(150)
    assert visible(page) == whole
    page.keyboard.press("?")
    player(page).get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    player(page).get_by_role("dialog").wait_for(state="hidden")


@pytest.mark.parametrize("width", [700, 1280])
def test_nothing_overflows(page: Page, server: AppServer, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(300)
    over = page.evaluate(
        f"""() => {{
          const root = ({HEARD_ROOT})();
          const edge = root.getBoundingClientRect();
          return [...root.querySelectorAll("*")].filter((e) => !e.closest("dialog"))
            .filter((e) => e.getBoundingClientRect().right > edge.right + 1)
            .map((e) => e.className || e.tagName);
        }}"""
    )
    assert over == []
    # Below the picture they were out of sight on a page of this height.
    closer = player(page).get_by_role("button", name="Zoom in", exact=True).bounding_box()
    assert closer is not None
    assert closer["y"] + closer["height"] < plot(page)["y"] + TOP


def test_a_clip_without_regions_says_so(page: Page, app_server: Callable[..., AppServer]) -> None:
    open_app(page, app_server(SCRIPT), "?regions=none")
    player(page).get_by_text("No region").wait_for()
    assert player(page).get_by_role("button", name="Next region").is_disabled()


def test_a_finding_is_played_box_after_box_and_nothing_else(
    page: Page, app_server: Callable[..., AppServer]
) -> None:
    page.add_init_script(TAP)
    open_app(page, app_server(SCRIPT), "?findings=1")
    root = player(page)
    root.get_by_text("A note.").wait_for()
    assert root.locator(".findings li").count() == 2
    first = root.get_by_role("button", name="Play finding 1: Two tones.")
    first.focus()
    page.keyboard.press("Enter")
    wait_until(page, "d.state === 'playing' && Number(d.playheadSeconds) < 1.95")
    wait_until(page, "d.state === 'playing' && Number(d.playheadSeconds) > 3.45")
    samples, rate = heard(page)
    in_bands = [energy_db(samples, rate, *band) for band in ((3500, 4500), (5500, 6500))]
    others = [energy_db(samples, rate, *band) for band in ((60, 2500), (8000, rate / 2))]
    assert min(in_bands) - max(others) > 25
    wait_until(page, "d.state === 'paused' && Math.abs(Number(d.playheadSeconds) - 3.4) < 0.01")
    assert first.get_attribute("aria-pressed") == "true"
    page.get_by_text("Box 3.400 3.600 s, 5500 6500 Hz").wait_for()
    # What is chosen meanwhile ends the sequence.
    first.click()
    wait_until(page, "d.state === 'playing'")
    root.get_by_role("button", name="Play finding 2").click()
    wait_until(page, "d.state === 'paused' && Math.abs(Number(d.playheadSeconds) - 1.0) < 0.01")
    page.wait_for_timeout(300)
    assert root.get_attribute("data-state") == "paused"
    assert first.get_attribute("aria-pressed") == "false"


def test_the_same_loudness_is_the_same_to_a_meter(page: Page, server: AppServer) -> None:
    player(page).locator(".plot").focus()
    for key in ("n", "l", "Space"):
        page.keyboard.press(key)
    wait_until(page, "d.state === 'playing'")

    def level_db(sound_key: str) -> float:
        page.keyboard.press(sound_key)
        page.wait_for_timeout(1000)
        samples, _ = heard(page)
        return float(10 * np.log10(np.mean(samples**2) + 1e-12))

    assert level_db("1") - level_db("2") > 6
    page.keyboard.press("m")
    wait_until(page, "d.matched === 'true'")
    assert abs(level_db("1") - level_db("2")) < 1.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_waveform_is_of_what_is_heard(page: Page, server: AppServer, scheme: str) -> None:
    """Tall where a burst is, in the recording; low there in the residual; and drags begin on it."""
    ink = f"""(x) => {{
      const canvas = ({HEARD_ROOT})().querySelector("canvas");
      const column = canvas.getContext("2d").getImageData(x, 334, 1, 38).data;
      const paper = canvas.getContext("2d").getImageData(60, 332, 1, 1).data;
      let ink = 0;
      // Blue, as behind a burst the lane is orange.
      for (let i = 2; i < column.length; i += 4) ink += Math.abs(column[i] - paper[2]) > 130;
      return ink;
    }}"""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    open_app(page, server)
    wait_until(page, f"d.view && d.theme === '{scheme}'")
    xs = [round(point(page, seconds)[0] - plot(page)["x"]) for seconds in (1.75, 2.5)]
    page.wait_for_timeout(300)
    burst, quiet = (page.evaluate(ink, x) for x in xs)
    assert burst > 25 and quiet < 12
    page.keyboard.press("3")
    page.wait_for_timeout(300)
    assert page.evaluate(ink, xs[0]) < 12
    y = plot(page)["y"] + 350
    page.mouse.move(point(page, 1.75)[0], y)
    said = player(page).get_by_text("dB of full scale")
    said.wait_for()
    drag(page, (point(page, 1.0)[0], y), (point(page, 2.0)[0], y - 60))
    page.get_by_text("s, 12 21635 Hz").wait_for()


def test_the_picture_is_made_anew_and_the_map_stays(page: Page, server: AppServer) -> None:
    """The synthetic picture has bursts far wider than sines are: a transform shows them narrow."""
    tall = f"""(x) => {{
      const canvas = ({HEARD_ROOT})().querySelector("canvas");
      const column = canvas.getContext("2d").getImageData(x, 10, 1, 286).data;
      let n = 0;
      for (let i = 0; i < column.length; i += 4) n += column[i] < 128;
      return n;
    }}"""
    x = round(point(page, 1.75)[0] - plot(page)["x"])
    page.keyboard.press("v")  # the sound alone
    page.wait_for_timeout(300)
    before = page.evaluate(tall, x)
    player(page).get_by_role("combobox", name="FFT").select_option("2048")
    page.wait_for_timeout(500)
    assert 0 < page.evaluate(tall, x) < before
    # Coarse enough that a pixel's frequency is the tone's bin.
    player(page).get_by_role("combobox", name="FFT").select_option("256")
    page.mouse.move(point(page, 1.75)[0], y_of(page, 4000))
    said = player(page).get_by_text(re.compile("dB · evidence "))
    said.wait_for()
    level = re.search(r"([−\d]+) dB", said.inner_text())
    assert level is not None
    # 0.3 of full scale is -10 dB.
    assert int(level[1].replace("−", "-")) == pytest.approx(-10, abs=2)
    player(page).get_by_role("combobox", name="Window").select_option("Blackman-Harris")
    player(page).locator(".plot").focus()
    page.keyboard.press("f")
    chosen = player(page).get_by_role("combobox", name="FFT")
    page.wait_for_function("(e) => e.value === '512'", arg=chosen.element_handle())


def test_half_speed_with_and_without_pitch(page: Page, server: AppServer) -> None:
    """Round and round the 4 kHz burst, at half its speed: at 4 kHz, or an octave lower."""
    for key in ("2", "n", "l", "Space", "<", "<"):
        page.keyboard.press(key)
    wait_until(page, "d.state === 'playing' && d.speed === '0.5'")
    loudest_hz = []
    for _ in range(2):
        page.wait_for_timeout(1200)
        samples, rate = heard(page)
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
        loudest_hz.append(float(spectrum.argmax() * rate / samples.size))
        player(page).get_by_role("button", name="Keep the pitch").click()
    assert loudest_hz == [pytest.approx(4000, rel=0.01), pytest.approx(2000, rel=0.01)]
    # Without the loop the playhead takes two seconds for one.
    player(page).locator(".plot").focus()
    for key in ("l", "Home"):
        page.keyboard.press(key)
    wait_until(page, "Number(d.playheadSeconds) > 0.1 && Number(d.playheadSeconds) < 1")
    before = page.evaluate(NOW)
    page.wait_for_timeout(1500)
    after = page.evaluate(NOW)
    share = (after["playhead"] - before["playhead"]) / (after["clock"] - before["clock"])
    assert share == pytest.approx(0.5, abs=0.06)
    player(page).get_by_role("combobox", name="Speed").select_option("2 ×")
    wait_until(page, "d.speed === '2' && d.state === 'paused'")


def test_ultrasound_is_heard_ten_times_slower(page: Page, server: AppServer) -> None:
    speed = player(page).get_by_role("combobox", name="Speed")
    assert speed.locator("option").first.inner_text() == "0.25 ×"
    open_app(page, server, "?ultrasound=1")
    wait_until(page, "d.view")
    for key in ("4", "Space", *"<<<<"):
        page.keyboard.press(key)
    wait_until(page, "d.speed === '0.1' && d.sound === 'full_rate' && d.state === 'playing'")
    page.wait_for_timeout(1200)
    samples, rate = heard(page)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    assert spectrum.argmax() * rate / samples.size == pytest.approx(4000, rel=0.01)
    assert np.abs(samples[-8192:]).max() > 0.2


def test_gain_is_heard_and_peaks_are_held_back(page: Page, server: AppServer) -> None:
    for key in ("2", "n", "l", "Space"):
        page.keyboard.press(key)
    wait_until(page, "d.state === 'playing' && d.limited === 'false'")
    gain = player(page).get_by_role("slider", name="Gain")
    peaks = []
    for gain_db in ("0", "-20", "40"):
        gain.fill(gain_db)
        page.wait_for_timeout(1000)
        peaks.append(np.abs(heard(page)[0][-8192:]).max())
    assert 20 * np.log10(peaks[1] / peaks[0]) == pytest.approx(-20, abs=0.5)
    assert player(page).get_by_text("Peaks are held back").is_visible()
    assert peaks[0] < 0.2 < 0.5 < peaks[2] < 1.5


def test_the_picture_can_be_moved_while_it_plays(page: Page, server: AppServer) -> None:
    # Long enough that it still plays at the end on a busy machine.
    open_app(page, server, "?seconds=40")
    wait_until(page, "d.view")
    page.mouse.click(*long_point(page, 20, 40))
    for _ in range(5):
        page.keyboard.press("+")
    page.keyboard.press("Space")
    wait_until(page, "d.state === 'playing'")
    x, y = long_point(page, 20, 40)
    page.keyboard.down("Shift")
    for _ in range(3):
        page.mouse.move(x - 400, y)
        page.mouse.down()
        page.mouse.move(x + 500, y, steps=3)
        page.mouse.up()
    page.keyboard.up("Shift")
    page.wait_for_timeout(300)
    _, end, _, _ = (player(page).get_attribute("data-view") or "").split()
    assert float(end) < playhead_seconds(page)
    assert player(page).get_attribute("data-solo") == "false"


def test_two_fingers_zoom_and_one_draws_a_box(
    chromium: Browser, app_server: Callable[..., AppServer]
) -> None:
    page, watch = watched_page(chromium, has_touch=True, viewport={"width": 700, "height": 900})
    open_app(page, app_server(SCRIPT))
    player(page).locator(".plot").wait_for()
    wait_until(page, "d.view")
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *fingers: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(fingers)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = point(page, 2.5)
    send("touchStart", (x - 30, y), (x + 30, y))
    for reach in (40, 50, 60):
        send("touchMove", (x - reach, y), (x + reach, y))
    send("touchEnd")
    wait_until(page, "(([a, b]) => b - a < 3)(d.view.split(' ').map(Number))")
    send("touchStart", (x - 60, y - 30))
    for step in range(1, 6):
        send("touchMove", (x - 60 + 20 * step, y - 30 + 6 * step))
    send("touchEnd")
    wait_until(page, "d.solo === 'true'")
    page.context.close()
    assert not watch.console_errors


def test_damaged_data_becomes_one_sentence(
    page: Page, app_server: Callable[..., AppServer]
) -> None:
    open_app(page, app_server(SCRIPT), "?damaged=1")
    alert = player(page).get_by_role("alert")
    alert.wait_for()
    words = "This part of the page received data that it cannot read; reload the page."
    assert alert.inner_text() == words
    page.mouse.click(*point(page, 2.5))
    page.keyboard.press("n")
    assert alert.inner_text() == words


def visible(page: Page) -> list[float]:
    """Seconds and hertz that the picture shows: start, end, low, high."""
    return [float(v) for v in (player(page).get_attribute("data-view") or "").split()]


def test_zoom_and_move_in_frequency(page: Page, server: AppServer) -> None:
    *time, low, high = visible(page)
    player(page).get_by_role("button", name="Zoom in frequency").click()
    wait_until(page, f"Number(d.view.split(' ')[3]) < {high - 100}")
    start, end, _, nearer_high = visible(page)
    assert [start, end] == time
    player(page).locator(".plot").focus()
    page.keyboard.press("ArrowUp")
    wait_until(page, f"Number(d.view.split(' ')[3]) > {nearer_high + 100}")
    # A drag on the frequency axis moves the picture and draws no box.
    box = plot(page)
    page.mouse.move(box["x"] + 20, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 10, steps=4)
    page.mouse.up()
    wait_until(page, f"Number(d.view.split(' ')[2]) < {visible(page)[2] + 1}")
    assert visible(page)[:2] == time
    assert visible(page)[3] < high
    assert player(page).get_attribute("data-solo") == "false"
    page.keyboard.press("0")
    wait_until(page, f"d.view.endsWith('{low:.3f} {high:.3f}')")


def test_a_mask_is_painted_by_mouse_undone_and_cleared(page: Page, server: AppServer) -> None:
    player(page).get_by_role("button", name="Paint a mask").click()
    x, y = point(page, 3.4)[0], y_of(page, 7000)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(point(page, 3.6)[0], y_of(page, 5500), steps=6)
    page.mouse.up()
    said = page.get_by_text(re.compile("^Mask of "))
    said.wait_for()
    brushed = said.inner_text()
    # It was painting, not a box to hear.
    assert player(page).get_attribute("data-solo") == "false"
    player(page).get_by_role("radio", name="Box", exact=True).click()
    page.mouse.move(point(page, 1.0)[0], y_of(page, 2000))
    page.mouse.down()
    page.mouse.move(point(page, 2.0)[0], y_of(page, 500), steps=3)
    page.mouse.up()
    page.wait_for_function("before => !document.body.innerText.includes(before)", arg=brushed)
    said.wait_for()
    cells = int(said.inner_text().split()[2])
    # 1 s of 23 ms columns, 500 to 2000 Hz in 96 mel rows: about 43 by 22, and the stroke.
    n_stroke = int(brushed.split()[2])
    n_columns, n_rows = RATE_COLUMNS, 96 * (mel(2000) - mel(500)) / mel(22_050)
    assert cells - n_stroke == pytest.approx(n_columns * n_rows, rel=0.08)
    player(page).get_by_role("button", name="Undo").click()
    page.get_by_text(brushed).wait_for()
    player(page).get_by_role("button", name="Remove all paint").click()
    page.get_by_text("No mask", exact=True).wait_for()
    page.keyboard.press("u")
    page.get_by_text(brushed).wait_for()


RATE_COLUMNS = 44_100 / 1024


def mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))


def test_a_mask_is_painted_with_the_keyboard_alone(page: Page, server: AppServer) -> None:
    player(page).locator(".plot").focus()
    page.keyboard.press("a")
    spoken = player(page).get_by_role("status")
    assert spoken.inner_text() == "Draw a box or choose a region first"
    page.keyboard.press("n")
    page.get_by_text("Region 1 selected").wait_for()
    page.keyboard.press("a")
    page.get_by_text(re.compile("^Mask of ")).wait_for()
    assert spoken.inner_text() == "Painted: 1.6 to 1.9 seconds, 3 to 5 kHz"
    page.keyboard.press("x")
    page.get_by_text("No mask", exact=True).wait_for()


def test_no_colour_map_is_a_rainbow(page: Page, server: AppServer) -> None:
    """From little evidence to much, lightness only falls or only rises."""
    player(page).locator(".plot").focus()
    page.keyboard.press("v")
    page.keyboard.press("v")  # the evidence alone
    box = plot(page)
    read = f"""(at) => {{
      const canvas = ({HEARD_ROOT})().querySelector("canvas");
      const pixels = canvas.getContext("2d").getImageData(at[0], at[1], 1, at[2]).data;
      const lightness = [];
      for (let i = 0; i < pixels.length; i += 4)
        lightness.push(0.3 * pixels[i] + 0.59 * pixels[i + 1] + 0.11 * pixels[i + 2]);
      return lightness;
    }}"""
    x = round(point(page, 1.75)[0] - box["x"])
    # From above the burst at 4 kHz to its middle, where the contour is not drawn over it.
    top, middle = (round(y_of(page, hz) - box["y"]) for hz in (5600, 4050))
    for name in ("orange", "cividis", "grey"):
        page.wait_for_timeout(150)
        lightness = np.asarray(page.evaluate(read, [x, top, middle - top]))
        away = np.abs(lightness - lightness[0])
        assert away[-1] > 60, name
        assert player(page).get_by_role("radio", checked=True, name=name.capitalize()).count() == 1
        page.keyboard.press("c")


def test_a_long_clip_comes_in_parts_and_plays_on_across_them(
    page: Page, app_server: Callable[..., AppServer]
) -> None:
    page.add_init_script(TAP)
    open_app(page, app_server(SCRIPT), "?seconds=100&parts=1")
    wait_until(page, "d.part === '0'")
    assert visible(page)[:2] == [0, 60]
    # Ten seconds before its end the part that plays asks for the next, and goes on in it.
    page.mouse.click(*long_point(page, 49.8, 60))
    page.keyboard.press("Space")
    wait_until(page, "d.state === 'playing'")
    watch_for_jumps(page)
    wait_until(page, "d.part === '1'")
    page.get_by_text("Part 1", exact=True).wait_for()
    page.wait_for_timeout(700)
    assert page.evaluate("() => window.jumps") == []
    samples, _ = heard(page)
    assert np.abs(samples[-22_050:]).max() > 0.01
    # Moved against its edge, the picture asks for the part before.
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("+")
    for _ in range(4):
        page.keyboard.press("PageUp")
    wait_until(page, "d.part === '0'")
    # A place that is not here: its part is fetched, and the playhead is there.
    page.keyboard.press("End")
    wait_until(page, "d.part === '1' && Math.abs(Number(d.playheadSeconds) - 100) < 0.01")
    page.keyboard.press("n")
    wait_until(page, "d.part === '0' && d.region === '0'")
    wait_until(page, "Math.abs(Number(d.playheadSeconds) - 1.6) < 0.01")


def long_point(page: Page, seconds: float, shown_seconds: float) -> tuple[float, float]:
    box = plot(page)
    x = box["x"] + LEFT + seconds / shown_seconds * (box["width"] - LEFT - RIGHT)
    return x, box["y"] + 80

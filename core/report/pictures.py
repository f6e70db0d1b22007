"""The picture of a map: spectrogram in grey, heat over it, contour, axes and score over time.

The heat has one hue and one fixed scale: the same colour is the same evidence in every picture.
The contour runs where the evidence is 0.5, which is the threshold.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import binary_erosion

from core.detectors.calibration.evidence_scale import AT_THRESHOLD
from core.report.summary_sentence import summary_sentence
from core.report.ticks import ticks
from core.types import AnomalyMap, Box, Float32Array, Float64Array

WIDTH = 1200
HEIGHT = 706
LEFT, RIGHT = 96, 150
MAP_TOP, MAP_HEIGHT = 92, 400
STRIP_TOP, STRIP_HEIGHT = 544, 120
RANGE_DB = 80.0
MOST_FINDING_SECONDS = 20.0
HEAT = (213, 82, 0)
CONTOUR = (122, 30, 0)
INK, FAINT, PAPER = (32, 32, 36), (150, 150, 156), (255, 255, 255)
_FONT = ImageFont.load_default(17)
_TITLE = ImageFont.load_default(24)


def map_png(found: AnomalyMap, level_db: Float32Array | None = None) -> bytes:
    """Draw a map over its recording's spectrogram.

    Args:
        found: the map
        level_db: [freq, time] on the map's axes, as `Spectrogram.level_db` has it; without it the
            heat lies on plain grey

    Returns:
        A PNG file, 1200 pixels wide.
    """
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(picture)
    width = WIDTH - LEFT - RIGHT
    draw.text((LEFT, 18), _fitting(draw, found.clip_name, WIDTH - LEFT - 20), INK, _TITLE)
    said = f"{summary_sentence(found)} p = {found.p_value:.3g}"
    draw.multiline_text((LEFT, 48), _on_lines(draw, said, WIDTH - LEFT - 20), INK, _FONT, spacing=2)
    heat = _heat_map(found, level_db, width)
    picture.paste(heat, (LEFT, MAP_TOP))
    draw.rectangle((LEFT - 1, MAP_TOP - 1, LEFT + width, MAP_TOP + MAP_HEIGHT), outline=FAINT)
    _frequency_axis(draw, found.freq_hz)
    _time_axis(draw, found.time_s, width)
    _legend(draw, WIDTH - RIGHT + 24)
    _strip(draw, found, width)
    return _png(picture)


def sound_png(
    level_db: Float32Array,
    heat: Float32Array | None = None,
    *,
    loudest_db: float | None = None,
    size: tuple[int, int] = (320, 128),
) -> bytes:
    """Draw a small picture of a sound alone: its spectrogram in grey.

    Args:
        level_db: [freq, time], as `Spectrogram.level_db` has it
        heat: [freq, time] in [0, 1], drawn over it
        loudest_db: the level that is darkest, this sound's own by default; pictures with one such
            level have one scale, so that what was taken out is seen to be gone
        size: width and height in pixels

    Returns:
        A PNG file.
    """
    loudest = float(level_db.max()) if loudest_db is None else loudest_db
    colours = _coloured(_grey(level_db, loudest, size), heat, size)
    picture = Image.fromarray(colours.round().astype(np.uint8))
    return _png(picture.quantize(64, dither=Image.Dither.NONE))


def finding_png(
    level_db: Float32Array,
    freq_hz: Float64Array,
    time_s: Float64Array,
    boxes: Sequence[Box],
    *,
    size: tuple[int, int] = (640, 160),
) -> bytes:
    """Draw a small picture of a recording with boxes around what was found.

    Args:
        level_db: [freq, time], as `Spectrogram.level_db` has it
        freq_hz: [freq], the rows' centres
        time_s: [time], the columns' centres
        boxes: in Hz, and in seconds on the axis of the columns
        size: width and height in pixels

    Returns:
        A PNG file; of a recording longer than 20 s the part around the boxes.
    """
    first, last = min(box.start_s for box in boxes), max(box.end_s for box in boxes)
    if time_s[-1] - time_s[0] > MOST_FINDING_SECONDS:
        around = max(MOST_FINDING_SECONDS / 2, (last - first) / 2 + 1.0)
        middle = (first + last) / 2
        inside = np.abs(time_s - middle) <= around
        level_db, time_s = level_db[:, inside], time_s[inside]
    colours = _coloured(_grey(level_db, float(level_db.max()), size), None, size)
    picture = Image.fromarray(colours.round().astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    width, height = size
    for box in boxes:
        x = np.interp([box.start_s, box.end_s], time_s, np.linspace(0, width - 1, time_s.size))
        rows = np.interp([box.low_hz, box.high_hz], freq_hz, np.arange(freq_hz.size) + 0.5)
        y = (height - 1) * (1.0 - rows / freq_hz.size)
        # At least as large as can be seen.
        right, bottom = max(x[1], x[0] + 4), max(y[0], y[1] + 4)
        draw.rectangle((x[0] - 1, y[1] - 1, right + 1, bottom + 1), outline=PAPER, width=4)
        draw.rectangle((x[0], y[1], right, bottom), outline=HEAT, width=2)
    return _png(picture)


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _grey(level_db: Float32Array, loudest_db: float, size: tuple[int, int]) -> Float64Array:
    shade = np.clip((level_db - loudest_db) / RANGE_DB + 1.0, 0.0, 1.0)
    # Dark is loud, and never so dark that heat cannot be told from it.
    return 245.0 - 190.0 * _resized(shade, size)


def _coloured(grey: Float64Array, heat: Float32Array | None, size: tuple[int, int]) -> Float64Array:
    if heat is None:
        return np.repeat(grey[..., None], 3, axis=2)
    alpha = 0.85 * np.clip(_resized(heat, size), 0.0, 1.0)[..., None]
    mixed: Float64Array = (1.0 - alpha) * grey[..., None] + alpha * np.array(HEAT, np.float64)
    return mixed


def _heat_map(found: AnomalyMap, level_db: Float32Array | None, width: int) -> Image.Image:
    size = (width, MAP_HEIGHT)
    if level_db is None:
        grey = np.full((MAP_HEIGHT, width), 214.0)
    else:
        grey = _grey(level_db, float(level_db.max()), size)
    colours = _coloured(grey, found.evidence, size)
    above = _resized(found.evidence, size) > AT_THRESHOLD
    # The contour is the two outermost pixels of what exceeds the threshold.
    colours[above & ~binary_erosion(above, iterations=2, border_value=1)] = CONTOUR
    return Image.fromarray(colours.round().astype(np.uint8))


def _resized(values: Float32Array, size: tuple[int, int]) -> Float64Array:
    # Scale [freq, time] to pixels, high frequencies on top.
    image = Image.fromarray(np.ascontiguousarray(values[::-1], dtype=np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR), dtype=np.float64)


def _frequency_axis(draw: ImageDraw.ImageDraw, freq_hz: Float64Array) -> None:
    wanted = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]
    rows = np.interp(wanted, freq_hz, np.arange(freq_hz.size) + 0.5)
    free = math.inf
    for hz, row in zip(wanted, rows, strict=True):
        y = MAP_TOP + MAP_HEIGHT * (1.0 - row / freq_hz.size)
        if not freq_hz[0] <= hz <= freq_hz[-1] or y > free:
            continue
        free = y - 22  # captions never touch
        draw.line((LEFT - 7, y, LEFT - 1, y), INK)
        caption = f"{hz} Hz" if hz < 1000 else f"{hz // 1000} kHz"
        draw.text((LEFT - 12, y), caption, INK, _FONT, anchor="rm")


def _time_axis(draw: ImageDraw.ImageDraw, time_s: Float64Array, width: int) -> None:
    half = float(time_s[1] - time_s[0]) / 2 if time_s.size > 1 else 0.5
    start, stop = max(0.0, float(time_s[0]) - half), float(time_s[-1]) + half
    found = ticks(start, stop, most=9)
    digits = max(len(f"{tick:.12g}".partition(".")[2]) for tick in found)
    y = STRIP_TOP + STRIP_HEIGHT + 9
    for tick in found:
        x = LEFT + width * (tick - start) / (stop - start)
        for top in (MAP_TOP + MAP_HEIGHT, STRIP_TOP + STRIP_HEIGHT):
            draw.line((x, top, x, top + 6), INK)
        draw.text((x, y), f"{tick:.{digits}f}", INK, _FONT, anchor="ma")
    draw.text((LEFT + width + 30, y), "seconds", INK, _FONT, anchor="la")


def _legend(draw: ImageDraw.ImageDraw, x: int) -> None:
    top, height = MAP_TOP + 70, 200
    draw.text((x, MAP_TOP), "evidence that\nit is\nanomalous", INK, _FONT)
    for row in range(height):
        alpha = 0.85 * (1.0 - row / (height - 1))
        colour = tuple(round((1.0 - alpha) * 214 + alpha * channel) for channel in HEAT)
        draw.line((x, top + row, x + 26, top + row), colour)
    for share in (1.0, AT_THRESHOLD, 0.0):
        y = top + (1.0 - share) * (height - 1)
        draw.text((x + 36, y), f"{share:g}", INK, _FONT, anchor="lm")
        if share == AT_THRESHOLD:
            draw.line((x, y, x + 30, y), CONTOUR, 2)
            draw.text((x + 36, y + 20), "threshold", CONTOUR, _FONT, anchor="lm")


def _strip(draw: ImageDraw.ImageDraw, found: AnomalyMap, width: int) -> None:
    """Draw the highest score of each column, with the map's threshold as a line."""
    scores = found.score_over_time.astype(np.float64)
    highest = 1.1 * max(float(scores.max()), found.threshold)
    lowest = min(0.0, float(scores.min()))
    bottom = STRIP_TOP + STRIP_HEIGHT

    def y_of(score: float) -> float:
        return bottom - STRIP_HEIGHT * (score - lowest) / max(highest - lowest, 1e-12)

    xs = LEFT + (np.arange(scores.size) + 0.5) * width / scores.size
    points = [(float(x), y_of(float(score))) for x, score in zip(xs, scores, strict=True)]
    area = [(points[0][0], bottom), *points, (points[-1][0], bottom)]
    draw.polygon(area, fill=(236, 236, 240))
    draw.line(points, INK, 2, joint="curve")
    cut = y_of(found.threshold)
    draw.line((LEFT, cut, LEFT + width, cut), CONTOUR, 2)
    draw.text((LEFT + width + 12, cut), "threshold", CONTOUR, _FONT, anchor="lm")
    draw.text((LEFT - 90, (STRIP_TOP + bottom) / 2), "score", INK, _FONT, anchor="lm")
    for tick in ticks(lowest, highest, most=4):
        y = y_of(tick)
        draw.line((LEFT - 7, y, LEFT - 1, y), INK)
        draw.text((LEFT - 12, y), f"{tick:g}", INK, _FONT, anchor="rm")
    draw.rectangle((LEFT - 1, STRIP_TOP - 1, LEFT + width, bottom), outline=FAINT)


def _fitting(draw: ImageDraw.ImageDraw, text: str, width: int) -> str:
    line = _drawable(text)[:200]
    while draw.textlength(line, _TITLE) > width:
        line = line[: len(line) * 9 // 10].rstrip(".") + "..."
    return line


def _on_lines(draw: ImageDraw.ImageDraw, text: str, width: int) -> str:
    # Break a text between words; what two lines do not hold is left out.
    lines = [""]
    for word in _drawable(text).split():
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and draw.textlength(longer, _FONT) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines[:2]) + ("..." if len(lines) > 2 else "")


def _drawable(text: str) -> str:
    # Put a text on one line in letters that Pillow's own font has, a question mark for others.
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = line.replace("–", "-").replace("…", "...")
    return "".join(c if ord(c) < 0x180 else "?" for c in line)

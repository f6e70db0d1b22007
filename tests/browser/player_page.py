"""A page with the player alone, on synthetic sound: the script the player's browser tests serve.

Five seconds of noise with tone bursts: 1 kHz at 1.0-1.3 s, 4 kHz at 1.6-1.9 s (the strongest),
and 6 kHz at 3.4-3.6 s. `?seconds=` makes another length, `?regions=none` a calm clip,
`?damaged=1` data to refuse. `?parts=1` sends a long clip by parts, `?findings=1` lists findings,
`?ultrasound=1` adds a tone at 40 kHz.
"""

import dataclasses

import numpy as np
import streamlit as st

from app.components.player import (
    FindingList,
    ListedFinding,
    Picture,
    Residual,
    Sound,
    pack,
    show,
    wanted_part,
)
from core.types import Box, Region

RATE = 44_100
BURSTS = [(1.0, 1.3, 1000.0, 0.6), (1.6, 1.9, 4000.0, 1.0), (3.4, 3.6, 6000.0, 0.8)]

st.set_page_config(page_title="Player", layout="wide")
duration = float(st.query_params.get("seconds", "5"))
calm = st.query_params.get("regions") == "none"
threshold = st.slider("Threshold", 0.5, 12.0, 4.0, 0.1, key="threshold")

another = st.checkbox("Another recording")


@st.cache_data(max_entries=3)
def made(duration: float, calm: bool, another: bool):
    rng = np.random.default_rng(8 if another else 7)
    t = np.arange(int(duration * RATE)) / RATE
    noise = 0.02 * rng.standard_normal(t.size)
    bursts = np.zeros_like(t)
    for start, end, hz, strength in [] if calm else BURSTS:
        inside = (t >= start) & (t < end)
        bursts += inside * 0.3 * strength * np.sin(2 * np.pi * hz * t)
    mel_top = 2595 * np.log10(1 + 22_050 / 700)
    freq_hz = 700 * (10 ** (np.linspace(mel_top / 97, mel_top * 96 / 97, 96) / 2595) - 1)
    time_s = np.arange(int(duration * RATE / 1024) + 1) * 1024 / RATE
    tilt = -50 - 14 * np.linspace(0, 1, 96)[:, None]
    level = tilt + 3.5 * rng.standard_normal((96, time_s.size))
    raw = 1.2 + 0.4 * np.abs(rng.standard_normal((96, time_s.size)))
    for start, end, hz, strength in [] if calm else BURSTS:
        near_time = np.clip(1 - np.maximum(start - time_s, time_s - end) / 0.06, 0, 1)
        near_freq = np.exp(-0.5 * (np.log(freq_hz / hz) / 0.12) ** 2)
        level += 38 * strength * near_time * near_freq[:, None] ** 2
        raw += 9 * strength * near_time * near_freq[:, None]
    return t, noise, bursts, level, raw, freq_hz, time_s


def regions(threshold: float) -> list[Region]:
    found = []
    for start, end, hz, strength in BURSTS:
        if not calm and 9 * strength > threshold and end <= duration:
            middle, score = (start + end) / 2, 1.5 + 9 * strength
            found.append(Region(start, end, hz * 0.75, hz * 1.25, middle, hz, score, 0.004))
    return sorted(found, key=lambda region: -region.score)


t, noise, bursts, level, raw, freq_hz, time_s = made(duration, calm, another)
evidence = 1 / (1 + np.exp(-(raw - threshold) * 1.1))
sounds = [
    Sound("clip", "Clip", (noise + bursts).astype(np.float32), RATE),
    Sound("kept", "Anomalous part alone", bursts.astype(np.float32) * 0.4, RATE),
    Sound("removed", "The residual", noise.astype(np.float32), RATE),
]
if "residual" in st.query_params:
    whole = Sound("kept", "Anomalous part alone", bursts.astype(np.float32), RATE)
    sounds = [sounds[0], whole, Residual("removed", "The residual", "clip", "kept")]
if "ultrasound" in st.query_params:
    bat = 0.3 * np.sin(2 * np.pi * 40_000 * np.arange(int(duration * 192_000)) / 192_000)
    sounds.append(Sound("full_rate", "Recording at 192 kHz", bat.astype(np.float32), 192_000))
picture = Picture(
    level_db=level.astype(np.float32),
    evidence=evidence.astype(np.float32),
    score_over_time=raw.max(axis=0).astype(np.float32),
    threshold=threshold,
    freq_hz=freq_hz,
    time_s=time_s,
)
found = regions(threshold)
part = None
if "parts" in st.query_params:
    part = wanted_part("player", "long", duration, picture.score_over_time)
    st.write(f"Part {part.index}")
    columns = slice(*np.searchsorted(time_s, [part.start_s, part.stop_s]))
    samples = slice(round(part.start_s * RATE), round(part.stop_s * RATE))
    sounds = [dataclasses.replace(s, samples=s.samples[samples]) for s in sounds]
    picture = dataclasses.replace(
        picture,
        level_db=picture.level_db[:, columns],
        evidence=picture.evidence[:, columns],
        score_over_time=picture.score_over_time[columns],
        time_s=time_s[columns],
    )
listed = None
if "findings" in st.query_params:
    boxes = (Box(1.6, 1.9, 3500, 4500), Box(3.4, 3.6, 5500, 6500))
    listed = FindingList(
        (
            ListedFinding("Two tones.", "At 1.6 and 3.4 s.", boxes),
            ListedFinding("A low tone.", "", (Box(1.0, 1.3, 800, 1200),)),
        ),
        "A note.",
    )
packed = pack(sounds, picture, found, part, findings=listed, name="pump_1", paint=True)
if "damaged" in st.query_params:
    packed = dataclasses.replace(packed, data=b"damaged!" + packed.data[8:])
state = show(packed, key="player")
event = state.selection
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
if event is None:
    st.write("Nothing selected")
elif event.region_index is not None:
    st.write(f"Region {event.region_index + 1} selected")
else:
    st.write(
        f"Box {event.start_s:.3f} {event.end_s:.3f} s, {event.low_hz:.0f} {event.high_hz:.0f} Hz"
    )
if state.painted is not None:
    cells = state.painted.cells(freq_hz, time_s)
    st.write(f"Mask of {cells.sum()} cells in {len(state.painted.boxes)} boxes")
else:
    st.write("No mask")
st.button("Run again", key="again")
st.text_input("Note", key="note")
st.caption(f"Run {st.session_state['runs']}")

"""The frame of a report: one HTML file with style, pictures and sounds inside, and no script.

Its content-security policy lets it load nothing from anywhere, and everything a user wrote is
escaped.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Literal

import numpy as np
import soundfile

from core.audio import wav_bytes
from core.detectors.region_words import time_and_band
from core.exchange.text import decimal
from core.report.view_words import LABELS, counts_words, finding_words
from core.types import AnomalyMap, Float32Array, Region

_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #202024; --soft: #5c5c66; --line: #d8d8de }
@media (prefers-color-scheme: dark) {
  :root { --paper: #17171b; --ink: #ececf0; --soft: #a6a6b0; --line: #3a3a42 } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 1200px; margin: 0 auto; padding: 24px }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; margin-bottom: 0 }
h2 { font-size: 1.1rem; margin-top: 2rem }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere }
p.verdict { font-size: 1.15rem; margin-top: .25rem }
img { width: 100%; height: auto; border-radius: 6px; background: #fff }
.sounds { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 16px }
figure { margin: 0 } figcaption, .soft { color: var(--soft) } audio { width: 100% }
ul.warnings { margin: .25rem 0; padding-left: 1.2rem; color: var(--soft) }
ol.findings { padding-left: 1.4rem } ol.findings li { margin-bottom: 16px; max-width: 640px }
ol.findings p, ul.findings { margin: 2px 0 } ul.findings { padding-left: 1.2rem }
.wide { overflow-x: auto }
table { border-collapse: collapse } td, th { text-align: left; padding: 4px 16px 4px 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere } td.n, th.n { text-align: right;
  font-variant-numeric: tabular-nums }
.clips { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 24px }
.clips :is(td, th) { padding-right: 8px; overflow-wrap: break-word }
.clips p { margin: 2px 0 } .clips article { min-width: 0; border-top: 1px solid var(--line);
  padding-top: 8px }
@media print { audio { display: none } }
"""

POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"
GENERATOR = '<meta name="generator" content="HearMap">'


def page(title: str, body: str) -> str:
    r"""Put a report into its frame.

    Args:
        title: plain text
        body: HTML

    Returns:
        The whole file; bytes of a file name that is no UTF-8 are seen as \udcff.
    """
    whole = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
{GENERATOR}
<title>{escape(title)} · HearMap</title>
<style>{_STYLE}</style>
</head>
<body>
{body}
</body>
</html>
"""
    return whole.encode("utf-8", "backslashreplace").decode()


def audio_html(title: str, samples: Float32Array, sample_rate: int, *, packed: bool = False) -> str:
    """Make a player of a sound.

    Args:
        title: what the sound is, for those who do not see the page
        samples: the sound [n]
        sample_rate: in Hz
        packed: store it as FLAC, the same samples in less space, instead of WAV

    Returns:
        HTML with the sound inside.
    """
    if packed:
        source = data_url("audio/flac", flac_bytes(samples, sample_rate))
    else:
        source = data_url("audio/wav", wav_bytes(samples, sample_rate))
    return f'<audio controls aria-label="{escape(title)}" src="{source}"></audio>'


def figure_html(title: str, samples: Float32Array, sample_rate: int) -> str:
    """Make a player with its caption above.

    Args:
        title: the caption, plain text
        samples: the sound [n]
        sample_rate: in Hz

    Returns:
        HTML with the sound inside.
    """
    sound = audio_html(title, samples, sample_rate)
    return f"<figure><figcaption>{escape(title)}</figcaption>{sound}</figure>"


def regions_table(found: AnomalyMap) -> str:
    """Make a table of regions, or a sentence where there is none.

    Args:
        found: the map of a recording

    Returns:
        HTML.
    """
    regions = found.regions
    if not regions:
        return "<p>No part of the map exceeds the threshold.</p>"
    with_views = any(region.view for region in regions)
    rows = "".join(
        f'<tr><td class="n">{number}</td>'
        f'<td title="{_exact(region)}">{escape(time_and_band(region))}</td>'
        + (f"<td>{escape(LABELS[region.view])}</td>" if with_views else "")
        + f'<td class="n">{region.score:.4g}</td><td class="n">{region.p_value:.3g}</td></tr>'
        for number, region in enumerate(regions, start=1)
    )
    view = "<th>View</th>" if with_views else ""
    head = (
        f'<tr><th class="n">#</th><th>Where</th>{view}<th class="n">Score</th>'
        '<th class="n">p</th></tr>'
    )
    left_out = f"<p>{regions_left_out(found)}</p>" if found.n_regions > len(regions) else ""
    return f'<div class="wide"><table>{head}{rows}</table></div>{left_out}'


def regions_left_out(found: AnomalyMap) -> str:
    """Say that not all regions are listed.

    Args:
        found: the map of a recording with more regions than it holds

    Returns:
        A sentence.
    """
    return f"The {len(found.regions)} strongest of {found.n_regions:,} regions are listed."


def _exact(region: Region) -> str:
    # What a pointer held over the place of a region shows: all digits.
    box = region.start_s, region.end_s, region.low_hz, region.high_hz
    start, end, low, high = (decimal(value) for value in box)
    return f"{start} to {end} s, {low} to {high} Hz"


def views_table(found: AnomalyMap) -> str:
    """Make a table of what each view says: its finding, its p-value, and whether it counts.

    Args:
        found: the map of a recording

    Returns:
        HTML; empty where there is one view only.
    """
    if not found.views:
        return ""
    rows = "".join(
        f"<tr><td>{escape(LABELS[view.view])}</td>"
        f"<td>{escape(finding_words(found, view))}</td>"
        f'<td class="n">{view.p_value:.3g}</td><td>{counts_words(view.counted)}</td></tr>'
        for view in found.views
    )
    head = '<tr><th>View</th><th>Finding</th><th class="n">p</th><th>Verdict</th></tr>'
    return f'<div class="wide"><table>{head}{rows}</table></div>'


def sentences_list(kind: Literal["warnings", "findings"], sentences: Sequence[str]) -> str:
    """Make a list of what to know of a recording, or of what makes it anomalous.

    Args:
        kind: the list's class
        sentences: plain text

    Returns:
        HTML; empty where there are none.
    """
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<ul class="{kind}">{items}</ul>' if items else ""


def pairs_table(values: Mapping[str, str]) -> str:
    """Make a table of names and values.

    Args:
        values: plain text by plain text

    Returns:
        HTML.
    """
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in values.items()
    )
    return f'<div class="wide"><table>{rows}</table></div>'


def data_url(kind: str, content: bytes) -> str:
    """Make an address that is its own content.

    Args:
        kind: media type, such as image/png
        content: the file

    Returns:
        A data: URL.
    """
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def flac_bytes(samples: Float32Array, sample_rate: int) -> bytes:
    """Write samples as FLAC of 16 bits: those of a WAV in about half the space.

    Args:
        samples: the sound [n], clipped to -1..1
        sample_rate: in Hz

    Returns:
        The file.
    """
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1.0, 1.0), sample_rate, format="FLAC")
    return buffer.getvalue()

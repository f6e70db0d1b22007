"""One self-contained HTML file of a clip: picture, sounds, numbers, regions, settings.

It opens from disk or a mail attachment without a network; everything a user wrote is escaped.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape

from core.audio import wav_bytes
from core.explanation import Explanation
from core.picture import map_png
from core.types import Clip, Region
from core.verdict import place, verdict

_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #202024; --soft: #5c5c66; --line: #d8d8de }
@media (prefers-color-scheme: dark) {
  :root { --paper: #17171b; --ink: #ececf0; --soft: #a6a6b0; --line: #3a3a42 } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 1200px; margin: 0 auto; padding: 24px }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; margin-bottom: 0 }
h2 { font-size: 1.1rem; margin-top: 2rem }
p.verdict { font-size: 1.15rem; margin-top: .25rem }
img { width: 100%; height: auto; border-radius: 6px; background: #fff }
.sounds { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 16px }
figure { margin: 0 } figcaption, .soft { color: var(--soft) } audio { width: 100% }
.wide { overflow-x: auto }
table { border-collapse: collapse } td, th { text-align: left; padding: 4px 16px 4px 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere } td.n, th.n { text-align: right;
  font-variant-numeric: tabular-nums }
"""

_POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"

_FAITHFULNESS = {
    "p": "Evidence against the clip, from 0 to 1",
    "o": "… against the unlike part alone",
    "q": "… against the rest",
    "r": "… against the rest with background in the gaps",
    "ff_v1_keep": "Faithfulness v1, keep (p − o)",
    "ff_v1_remove": "Faithfulness v1, remove (p − q)",
    "ff_v2": "Faithfulness v2 (p − r)",
}


def report_html(explanation: Explanation, settings: Mapping[str, object]) -> str:
    """The report; `settings` are shown as they are, name and value."""
    found = explanation.found
    name = escape(found.clip_name)
    picture = _data("image/png", map_png(found, explanation.spectrogram.level_db))
    numbers = {
        "Score": f"{found.score:.4g}",
        "Threshold": f"{found.threshold:.4g}",
        "p-value": f"{found.p_value:.3g}",
        "Length": f"{explanation.clip.duration_seconds:.2f} s",
    }
    numbers |= {
        _FAITHFULNESS[key]: f"{value:.3f}" for key, value in explanation.faithfulness.items()
    }
    sounds = [
        ("The clip", explanation.clip),
        ("The unlike part alone", explanation.kept),
        ("The rest", explanation.removed),
    ]
    if explanation.filled is not None:
        sounds.append(("The rest, background in the gaps", explanation.filled))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{name} · HearMap</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{name}</h1>
<p class="verdict">{escape(verdict(found))}</p>
<img src="{picture}" alt="Anomaly map of {name}. {escape(verdict(found))}">
<h2>Listen</h2>
<div class="sounds">{"".join(_sound(*sound) for sound in sounds)}</div>
<h2>Regions</h2>
{_regions(found.regions)}
<h2>Numbers</h2>
{_pairs(numbers)}
<h2>Model</h2>
{_pairs({name: str(value) for name, value in settings.items()})}
<p class="soft">A p-value is how often a held-out normal recording scored at least as high. A high
score says that the clip is unlike the normal recordings the model was fitted on, not why.</p>
</body>
</html>
"""


def _sound(title: str, clip: Clip) -> str:
    source = _data("audio/wav", wav_bytes(clip.samples, clip.sample_rate))
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<audio controls aria-label="{escape(title)}" src="{source}"></audio></figure>'
    )


def _regions(regions: tuple[Region, ...]) -> str:
    if not regions:
        return "<p>No part of the map exceeds the threshold.</p>"
    rows = "".join(
        f'<tr><td class="n">{number}</td><td>{escape(place(region))}</td>'
        f'<td class="n">{region.score:.4g}</td><td class="n">{region.p_value:.3g}</td></tr>'
        for number, region in enumerate(regions, start=1)
    )
    head = '<tr><th class="n">#</th><th>Where</th><th class="n">Score</th><th class="n">p</th></tr>'
    return f'<div class="wide"><table>{head}{rows}</table></div>'


def _pairs(values: Mapping[str, str]) -> str:
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in values.items()
    )
    return f'<div class="wide"><table>{rows}</table></div>'


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"

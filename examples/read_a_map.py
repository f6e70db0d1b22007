"""Read the anomaly map that HearMap writes and make a plot of one's own.

    python examples/read_a_map.py map.npz plot.html

`hearmap explain` and the app's report write map.npz; examples/fit_and_score.py makes one too.
"""

import argparse
from pathlib import Path

import numpy as np
from plotly.subplots import make_subplots


def main(map_path: Path, plot_path: Path) -> None:
    """Read and draw.

    Args:
        map_path: map.npz.
        plot_path: the page to write.
    """
    with np.load(map_path) as arrays:
        raw, evidence = arrays["raw"], arrays["probability"]  # [freq, time], evidence in [0, 1]
        freq_hz, time_s = arrays["freq_hz"], arrays["time_s"]
    figure = make_subplots(rows=2, shared_xaxes=True, row_heights=[0.75, 0.25])
    figure.add_heatmap(x=time_s, y=freq_hz, z=evidence, zmin=0, zmax=1, row=1, col=1)
    figure.add_scatter(x=time_s, y=raw.max(axis=0), name="highest raw score", row=2, col=1)
    figure.update_yaxes(type="log", title="Frequency, Hz", row=1, col=1)
    figure.update_xaxes(title="Time, s", row=2, col=1)
    figure.write_html(plot_path)
    row, column = np.unravel_index(evidence.argmax(), evidence.shape)
    print(
        f"{evidence[row, column]:.0%} at most, at {time_s[column]:.2f} s and {freq_hz[row]:.0f} Hz"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("map", type=Path, help="map.npz")
    parser.add_argument("plot", type=Path, help="the HTML page to write")
    given = parser.parse_args()
    main(given.map, given.plot)

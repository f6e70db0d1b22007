"""Gaps of digital silence inside a recording, where sound stops from one sample to the next."""

from __future__ import annotations

import numpy as np

from core.types import Float32Array

SHORTEST_GAP_SECONDS = 0.01
# What precedes a gap: this many samples, of which one is at least a tenth of the RMS and eight
# steps of the quantisation. A sound that fades, or is so soft that it rounds to 0, is no drop-out.
_N_BEFORE = 64
_ABRUPT, _STEPS = 0.1, 8.0
_MOST_GAPS = 100_000


class Dropouts:
    """Finds the gaps in samples that come block by block.

    Args:
        sample_rate: in Hz
    """

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._shortest = max(round(SHORTEST_GAP_SECONDS * sample_rate), _N_BEFORE)
        self._n = 0
        self._before = np.zeros(0, np.float32)
        # The gap that the last block ended in: its first sample and the peak before it.
        self._open: tuple[int, float] | None = None
        self._gaps: list[tuple[int, int, float]] = []
        self._step = np.inf

    def add(self, block: Float32Array) -> None:
        """Take the next samples.

        Args:
            block: [n]
        """
        zeros = block == 0.0
        if self._open is None and not zeros[-1] and np.count_nonzero(zeros) < self._shortest:
            self._pass(block)
            return
        edges = np.flatnonzero(np.diff(zeros.view(np.int8), prepend=0, append=0))
        starts, stops = edges[::2], edges[1::2]
        if self._open is not None:
            if len(starts) and starts[0] == 0:
                if stops[0] == block.size:
                    self._pass(block)
                    return
                self._close(self._n + int(stops[0]))
                starts, stops = starts[1:], stops[1:]
            else:
                self._close(self._n)
        if zeros[-1] and len(starts):
            self._open = (self._n + int(starts[-1]), self._peak_before(block, int(starts[-1])))
            starts, stops = starts[:-1], stops[:-1]
        long_enough = stops - starts >= self._shortest
        for start, stop in zip(starts[long_enough], stops[long_enough], strict=True):
            peak = self._peak_before(block, int(start))
            self._take(self._n + int(start), self._n + int(stop), peak)
        self._pass(block)

    def _pass(self, block: Float32Array) -> None:
        self._n += block.size
        if block.size >= _N_BEFORE:
            self._before = block[-_N_BEFORE:].copy()
        else:
            self._before = np.concatenate([self._before, block])[-_N_BEFORE:]

    def _peak_before(self, block: Float32Array, start: int) -> float:
        size = np.abs(np.concatenate([self._before, block[max(0, start - _N_BEFORE) : start]]))
        size = size[-_N_BEFORE:]
        if (size > 0).any():
            self._step = min(self._step, float(size[size > 0].min()))
        return float(size.max(initial=0.0))

    def _close(self, stop: int) -> None:
        if self._open is not None and stop - self._open[0] >= self._shortest:
            self._take(self._open[0], stop, self._open[1])
        self._open = None

    def _take(self, start: int, stop: int, peak: float) -> None:
        if start > 0 and len(self._gaps) < _MOST_GAPS:
            self._gaps.append((start, stop, peak))

    def warning(self, rms: float) -> str:
        """Say where the recording drops out; silence at its beginning and end does not count.

        Args:
            rms: of the recording

        Returns:
            A sentence, or nothing.
        """
        least = max(_ABRUPT * rms, _STEPS * self._step)
        gaps = [(start, stop) for start, stop, peak in self._gaps if peak >= least]
        if not gaps:
            return ""
        seconds = sum(stop - start for start, stop in gaps) / self._sample_rate
        at_s = gaps[0][0] / self._sample_rate
        found = "a gap" if len(gaps) == 1 else f"{len(gaps):,} gaps"
        first = "at" if len(gaps) == 1 else "the first at"
        return (
            f"The sound drops out: {found} of digital silence, {seconds:.2f} s in all, "
            f"{first} {at_s:.2f} s."
        )

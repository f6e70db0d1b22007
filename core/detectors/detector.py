"""A detector is front end, backbone, head and calibration, fitted on normal clips to score others.

>>> from core import Clip, Detector  # doctest: +SKIP
>>> detector = Detector("patchcore").fit(normal_clips)  # doctest: +SKIP
>>> detector.score(clip).regions  # doctest: +SKIP
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import length_hint
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.audio import ChannelChoice, resample
from core.audio.channels import channel_choice
from core.audio.stream import SoundStream
from core.backbones import BACKBONES, load_backbone
from core.backbones.backbone import choose_device
from core.detectors import model_folder
from core.detectors.anomaly_map import anomaly_map
from core.detectors.calibration.calibration import Calibration
from core.detectors.calibration.recalibration import Recalibration, not_fitted_on
from core.detectors.calibration.shift import BatchShift, batch_shift
from core.detectors.calibration.view_scores import CLIP, VIEWS, ViewScores
from core.detectors.cross_fitting import Fitted, fit_and_calibrate
from core.detectors.fusion import ScoreFusion
from core.detectors.measured import Measured
from core.detectors.registry import HEADS, head_type, usable_backbone
from core.detectors.scorer import Scorer, stationary_layers
from core.detectors.settings import checked_seed, make_settings
from core.detectors.training_check import TrainingCheck
from core.detectors.views.normal_spectrum import NORMAL_SPECTRA, NormalSpectra
from core.detectors.views.row_scale import RowScale
from core.errors import FitError, ModelError, SettingError
from core.features.cache import FeatureCache
from core.features.extractor import FeatureExtractor, Features, SourceClip
from core.runtime.progress import Progress, part, silent
from core.spectral.spectrogram import SpectrogramSettings
from core.types import AnomalyMap, Clip, TrainingClip

SCORED_TOGETHER = 8
USUAL_SOUNDS = "names.usual"


class Detector:
    """Fits on normal clips, and finds where in time and frequency others are anomalous.

    Args:
        head: one of `core.detectors.HEADS`. The default is the paper's, with its settings; the
            command line and the app begin with `core.detectors.presets.RECOMMENDED_HEAD` in its
            recommended form, which suits sound better.
        backbone: one of `core.backbones.BACKBONES`; by default the head's usual one.
        seed: makes the fit repeatable on one machine.
        device: "auto" (the GPU when there is one), "cpu" or "cuda".
        precision: of the backbone's arithmetic, "float32" or "bfloat16": mixed, three to four
            times as fast on GPUs and on processors with units for it, slower on others; a model
            scores as it was fitted.
        false_alarm_rate: share of normal clips that may be called anomalous; may be set any time.
        level_counts: whether the level view counts towards the score; may be set any time. Off by
            default: a recorder at another gain or a step nearer would make every clip anomalous.
            Turn it on where microphone, place and gain stay the same.
        **head_settings: the head's own, as values or as text.

    Raises:
        SettingError: a name is unknown or a value out of range.
        WeightsError: the backbone's weights are not here.
    """

    def __init__(
        self,
        head: str = "patchcore",
        backbone: str | None = None,
        *,
        seed: int = 0,
        device: str = "auto",
        precision: str = "float32",
        false_alarm_rate: float = 0.05,
        level_counts: bool = False,
        **head_settings: Any,
    ) -> None:
        self.head_name = head
        self._head_type = head_type(head)
        self.settings = make_settings(self._head_type.settings_type, head, head_settings)
        self.backbone = load_backbone(usable_backbone(head, backbone), device).at(precision)
        self.layers = self._head_type.choose_layers(self.settings, self.backbone)
        self.seed = checked_seed(int(seed))
        self.device = choose_device(device)
        self.false_alarm_rate = false_alarm_rate
        self.level_counts = level_counts
        # Of recordings with several, the one that was fitted on, and that others are scored by.
        self.channel: ChannelChoice = 0
        self.training: list[dict[str, Any]] = []
        self.recalibrations: list[Recalibration] = []
        # None in models fitted before 0.2.0.
        self.normal_spectra: NormalSpectra | None = None
        # [class], what `core.explain.sound_names` knows of the training clips, where it was asked.
        self.usual_sounds: Tensor | None = None
        self._fitted: Fitted | None = None
        self._as_before = False

    @property
    def false_alarm_rate(self) -> float:
        """Share of normal clips that may be called anomalous; setting it refits nothing."""
        return self._false_alarm_rate

    @false_alarm_rate.setter
    def false_alarm_rate(self, rate: float) -> None:
        if not 0.0 < rate < 1.0:
            raise SettingError(f"A false-alarm rate lies between 0 and 1; {rate} does not.")
        self._false_alarm_rate = float(rate)

    @property
    def spectrogram_settings(self) -> SpectrogramSettings:
        """The front end: the spectrogram its maps lie on."""
        return self.backbone.settings

    @property
    def sample_rate(self) -> int:
        """The front end's sample rate; clips at another are resampled."""
        return self.backbone.settings.sample_rate

    @property
    def n_clips(self) -> int:
        """Number of normal clips it was fitted on."""
        return len(self.training)

    @property
    def calibration(self) -> Calibration:
        """The calibration scores, of normal clips it was not fitted on.

        Raises:
            FitError: the detector is not fitted yet.
        """
        return self.view_scores.calibration(self.level_counts)

    @property
    def view_scores(self) -> ViewScores:
        """What each view says of the calibration clips: those of the newest recalibration, if any.

        Raises:
            FitError: the detector is not fitted yet.
        """
        fitted = self._known()
        return self.recalibrations[-1].scores if self.recalibrations else fitted.scores

    def fit(
        self,
        clips: Iterable[Clip | TrainingClip],
        *,
        n_clips: int | None = None,
        cache: FeatureCache | None = None,
        checkpoints: Path | None = None,
        progress: Progress = silent,
    ) -> Detector:
        """Learn what normal sounds like.

        Clips of one group (a recording, a day) are never both fitted on and scored for the
        calibration (`fit_and_calibrate`); by default every recording is its own group.
        Cost: about 10 ms of two CPU cores a second of audio for features, then five head fits (one
        from 100 clips on); memory does not grow with the number of clips.

        Args:
            clips: normal clips; a `TrainingClip` says a clip's group, class and bank. May be a
                generator: each clip is released once its features are made.
            n_clips: how many there are, for the progress, where `clips` has no length.
            cache: where features are read and written; by default the one under HEARMAP_HOME.
            checkpoints: folder in which a head that trains for hours (AnoPatch) writes its state,
                from which the same fit continues after an interruption.
            progress: called with a stage and a fraction that never falls.

        Returns:
            The detector itself, fitted.

        Raises:
            FitError: too few clips or independent recordings.
            Cancelled: `progress` stopped it; the detector stays unfitted.
        """
        self._fitted, self._as_before, self.recalibrations = None, False, []
        self.normal_spectra = self.usual_sounds = None
        cache = cache or FeatureCache()
        is_ours = checkpoints is not None and not checkpoints.exists()
        features = self._extractor(cache).extract(
            self._all_at_rate(clips), n_clips or length_hint(clips), part(progress, 0.0, 0.4)
        )
        self._check_training(features)
        fitted = fit_and_calibrate(
            lambda: self._new_scorer(checkpoints),
            features,
            seed=self.seed,
            progress=part(progress, 0.4, 1.0),
        )
        # In an order of their own, as `fit_and_calibrate` takes them.
        order = sorted(range(len(features)), key=lambda i: features.clips[i].identity)
        self.normal_spectra = NormalSpectra.of(
            map(features.log_mel, order), self.spectrogram_settings
        )
        cache.trim()
        progress("Done", 1.0)
        if checkpoints is not None:
            # The folder may be the user's, with things of theirs in it.
            for state in checkpoints.glob(f"{self.head_name}-{'[0-9a-f]' * 16}"):
                model_folder.delete_model(state)
            if is_ours:
                with contextlib.suppress(OSError):
                    checkpoints.rmdir()
        self._fitted = fitted
        self.training = [
            {"name": clip.name, "sha256": clip.sha256, "seconds": clip.duration_seconds}
            | ({"label": clip.class_name} if clip.class_name else {})
            | ({"bank": clip.bank} if clip.bank else {})
            for clip in features.clips
        ]
        return self

    def recalibrate(
        self,
        clips: Iterable[Clip | TrainingClip],
        *,
        note: str = "",
        n_clips: int | None = None,
        progress: Progress = silent,
    ) -> Detector:
        """Let threshold and p-values follow from other normal clips; nothing is fitted.

        The scorer that is kept scores the clips, and their scores take the place of the
        calibration scores (`Recalibration` says why they are not added to them). How a score is
        made stays as it was fitted, so earlier scores and maps hold: threshold and p-values change.
        A sound that is given twice counts once. Cost: that of scoring the clips.

        Args:
            clips: normal clips that it was not fitted on, of about the length of those it scores; a
                `TrainingClip` says a clip's group and bank. May be a generator.
            note: why, for the model's history.
            n_clips: how many there are, for the progress, where `clips` has no length.
            progress: called after every clip.

        Returns:
            The detector itself, recalibrated.

        Raises:
            FitError: it is not fitted, was fitted on some of the clips, or there are fewer than two
                independent ones; nothing has changed.
            Cancelled: `progress` stopped it; nothing has changed.
        """
        fitted = self._known()
        n_total = n_clips or length_hint(clips)
        of_all = f" of {n_total}" if n_total else ""
        sources: list[SourceClip] = []
        scores: list[dict[str, float]] = []
        levels_db: list[tuple[float, ...]] = []

        def watch(stage: str, fraction: float) -> None:
            progress(stage, (len(sources) + fraction) / (n_total or math.inf))

        new = not_fitted_on(self._all_at_rate(clips), self.training)
        for source, measured in self._measured(new, None, watch):
            scores.append(fitted.scores_of(measured))
            sources.append(source)
            if measured.levels:
                levels_db.append(measured.levels.typical_db)
            watch(f"Scored {len(sources)}{of_all}", 0.0)
        made = Recalibration.of(sources, scores, fitted.scores.window_seconds, note, levels_db)
        progress("Done", 1.0)
        self.recalibrations.append(made)
        return self

    def training_check(self) -> TrainingCheck:
        """Find which training clips are unlike the others, and whether they are two groups.

        Right after a fit it knows most: groups, and moments, are not saved.

        Returns:
            What there is to say, in sentences.

        Raises:
            FitError: it is not fitted.
        """
        return TrainingCheck.of(
            self._known(), self.training, self.false_alarm_rate, self.level_counts
        )

    def batch_shift(
        self, scores: Sequence[float], levels_db: Sequence[Sequence[float]]
    ) -> BatchShift | None:
        """Test whether a batch of scored clips differs, as a set, from those it is calibrated on.

        Those are the clips of the newest recalibration, if any, else the training clips.

        Args:
            scores: the clips', in any order.
            levels_db: of each clip, as its `AnomalyMap` has them.

        Returns:
            The shift; None where there is none, where the batch has fewer than eight clips, or
            where the detector has no level view.

        Raises:
            FitError: it is not fitted.
        """
        level = self._known().scorer.level
        if level is None or not scores:
            return None
        known_db = level.memory.double().numpy()
        if self.recalibrations:
            known_db = self.recalibrations[-1].levels_db
            if known_db.size == 0:
                return None
        shift = batch_shift(
            np.array(scores), self.calibration.clip_scores, np.array(levels_db), known_db,
            level.bands,
        )  # fmt: skip
        if shift and self.recalibrations:
            return dataclasses.replace(shift, known="recordings of the latest calibration")
        return shift

    def undo_recalibration(self) -> Recalibration:
        """Go back to the calibration before the newest recalibration.

        Returns:
            The recalibration that no longer holds.

        Raises:
            FitError: there is none.
        """
        if not self.recalibrations:
            raise FitError("There is nothing to undo: the model is calibrated as it was fitted.")
        return self.recalibrations.pop()

    def score(
        self, clip: Clip | SoundStream, progress: Progress = silent, *, bank: str | None = None
    ) -> AnomalyMap:
        """Make the anomaly map of a clip, or of a stream of any length in bounded memory.

        Of a stream it costs 0.1 GB of memory beside the network's, and for aiSFX 190 MB an hour of
        the disk under HEARMAP_HOME, of which the map's 60 stay as long as somebody holds it.

        Args:
            clip: at any sample rate; a stream at the detector's.
            progress: called with a stage and a fraction.
            bank: compare with the clips of this bank, or of those below it, only.

        Returns:
            The anomaly map.

        Raises:
            SettingError: the head has no bank of that name, or a stream is at another rate.
            StoreError: there is no room on the disk for a stream's map.
        """
        if isinstance(clip, Clip):
            return next(self._scored([clip], None, bank, progress))
        self._check_bank(bank)
        if clip.sample_rate != self.sample_rate:
            raise SettingError(
                f"A stream must be at the detector's {self.sample_rate} Hz, not {clip.sample_rate}."
            )
        fitted, extractor = self._known(), self._extractor(FeatureCache())
        segments = extractor.segments(clip, progress)
        collected = fitted.scorer.collect(segments, fitted.scores.window_seconds, bank or "")
        source = extractor.stream_info(clip, bank or "")
        return self._anomaly_map(source, fitted.scorer.measured(source, collected))

    def score_many(
        self, clips: Iterable[Clip], *, cache: FeatureCache | None = None, bank: str | None = None
    ) -> Iterator[AnomalyMap]:
        """Make the anomaly maps of clips; clips of one length go through the network together.

        Args:
            clips: at any sample rate.
            cache: features are read from it and written to it, for a second detector's sake; by
                default they are not stored.
            bank: compare with the clips of this bank, or of those below it, only.

        Yields:
            The anomaly map of each clip, in order.

        Raises:
            SettingError: the head has no bank of that name.
        """
        yield from self._scored(clips, cache, bank, silent)

    def save(self, folder: Path) -> None:
        """Write the fitted detector to a folder, whole or not at all.

        Args:
            folder: the model's.

        Raises:
            FitError: it is not fitted.
            StoreError: the folder cannot be written.
        """
        fitted = self._known()
        scores = fitted.scores
        tensors = fitted.scorer.state()
        tensors["calibration.clips"] = torch.from_numpy(scores.clips)
        for name, of_view in scores.scores.items():
            tensors[f"calibration.{name}_scores"] = torch.from_numpy(of_view)
        if fitted.rows is not None:
            tensors |= {"rows.centre": fitted.rows.centre, "rows.spread": fitted.rows.spread}
        if fitted.fusion is not None:
            tensors |= fitted.fusion.state()
        if self.normal_spectra is not None:
            tensors[NORMAL_SPECTRA] = self.normal_spectra.memory
        if self.usual_sounds is not None:
            tensors[USUAL_SOUNDS] = self.usual_sounds.half()
        manifest = {
            "head": self.head_name,
            "settings": dataclasses.asdict(self.settings),
            "backbone": self.backbone.name,
            "backbone_weights_sha256": self.backbone.weights_sha256,
            "backbone_weights_licence": self.backbone.licence,
            "precision": self.backbone.precision,
            "layers": list(self.layers),
            "seed": self.seed,
            "false_alarm_rate": self.false_alarm_rate,
            "level_counts": self.level_counts,
            "channel": self.channel,
            "calibration": {
                "window_seconds": scores.window_seconds,
                "n_groups": scores.n_groups,
                "cross_fitted": scores.cross_fitted,
            },
            "training": self.training,
        }
        if self.recalibrations:
            manifest["recalibrations"] = [one.as_record() for one in self.recalibrations]
        model_folder.write_model(Path(folder), manifest, tensors)

    @classmethod
    def load(cls, folder: Path, device: str = "auto") -> Detector:
        """Read a detector that `save` wrote, after checking every part of it.

        Args:
            folder: the model's.
            device: "auto", "cpu" or "cuda".

        Returns:
            The fitted detector.

        Raises:
            ModelError: it is damaged, incomplete, newer than this program, or was made with a
                backbone or weights that are not these.
        """
        manifest, tensors = model_folder.read_model(Path(folder))
        try:
            return cls._from_parts(manifest, tensors, device)
        except (
            KeyError, TypeError, ValueError, AttributeError, RuntimeError, SettingError
        ) as error:  # fmt: skip
            raise ModelError(
                f"The model in {folder} does not fit this program ({error}); fit it again."
            ) from None

    @classmethod
    def _from_parts(
        cls, manifest: dict[str, Any], tensors: dict[str, Tensor], device: str
    ) -> Detector:
        backbone = manifest["backbone"]
        if manifest["head"] not in HEADS or backbone not in BACKBONES:
            raise ModelError(
                f"The model needs head “{manifest['head']}” and backbone “{backbone}”; this "
                f"program has {', '.join(HEADS)} and {', '.join(BACKBONES)}."
            )
        detector = cls(
            manifest["head"],
            backbone,
            seed=manifest["seed"],
            device=device,
            # Models from before there was a choice were fitted in 32 bits.
            precision=manifest.get("precision", "float32"),
            false_alarm_rate=manifest["false_alarm_rate"],
            level_counts=manifest.get("level_counts", False),
            **manifest["settings"],
        )
        if manifest["backbone_weights_sha256"] != detector.backbone.weights_sha256:
            raise ModelError(
                f"The model was made with other weights of {backbone} than those here; its scores "
                "would mean nothing. Use the weights it was made with, or fit it again."
            )
        detector._as_before = "lasting.memory" in tensors
        scorer = detector._new_scorer()
        scorer.load_state(tensors)
        names = (CLIP, *VIEWS)
        scores = {
            name: tensors[f"calibration.{name}_scores"].numpy()
            for name in names
            if f"calibration.{name}_scores" in tensors
        }
        clips = tensors.get("calibration.clips", torch.empty(0, dtype=torch.int64)).numpy()
        view_scores = ViewScores(scores, clips, **manifest["calibration"])
        rows = None
        if "rows.centre" in tensors:
            rows = RowScale(tensors["rows.centre"], tensors["rows.spread"])
        fusion = ScoreFusion.from_state(tensors) if detector.settings.views == "both" else None
        detector._fitted = Fitted(scorer, view_scores, rows, fusion)
        if NORMAL_SPECTRA in tensors:
            detector.normal_spectra = NormalSpectra(tensors[NORMAL_SPECTRA])
        if USUAL_SOUNDS in tensors:
            detector.usual_sounds = tensors[USUAL_SOUNDS].float()
        detector.channel = channel_choice(str(manifest.get("channel", 0)))
        detector.training = manifest["training"]
        detector.recalibrations = [
            Recalibration.from_record(record) for record in manifest.get("recalibrations", ())
        ]
        return detector

    def _at_rate(self, clip: Clip) -> Clip:
        return clip if clip.sample_rate == self.sample_rate else resample(clip, self.sample_rate)

    def _all_at_rate(self, clips: Iterable[Clip | TrainingClip]) -> Iterator[TrainingClip]:
        for one in map(TrainingClip.of, clips):
            yield dataclasses.replace(one, clip=self._at_rate(one.clip))

    def _known(self) -> Fitted:
        if self._fitted is None:
            raise FitError("This detector has not been fitted yet; fit it on normal clips first.")
        return self._fitted

    def _extractor(self, cache: FeatureCache) -> FeatureExtractor:
        layers = dict.fromkeys(self.layers)
        if self.settings.views == "both":
            layers |= dict.fromkeys(stationary_layers(self.backbone, as_before=self._as_before))
        return FeatureExtractor(self.backbone, tuple(layers), cache)

    def _new_scorer(self, checkpoints: Path | None = None) -> Scorer:
        head = self._head_type(self.settings, self.layers, self.backbone)
        head.checkpoints = checkpoints
        return Scorer(head, self.backbone, as_before=self._as_before)

    def _scored(
        self, clips: Iterable[Clip], cache: FeatureCache | None, bank: str | None, watch: Progress
    ) -> Iterator[AnomalyMap]:
        self._check_bank(bank)
        remaining = (TrainingClip(self._at_rate(clip), bank=bank or "") for clip in clips)
        for source, measured in self._measured(remaining, cache, watch):
            yield self._anomaly_map(source, measured)

    def _check_bank(self, bank: str | None) -> None:
        known = sorted({clip["bank"] for clip in self.training if "bank" in clip})
        if bank and not any(name == bank or name.startswith(f"{bank}/") for name in known):
            raise SettingError(
                f"The model knows no clips of “{bank}”; it knows {', '.join(known) or 'no banks'}."
            )

    def _anomaly_map(self, source: SourceClip, measured: Measured) -> AnomalyMap:
        return anomaly_map(
            source, measured, self._known(), self.view_scores, self.spectrogram_settings,
            self.false_alarm_rate, level_counts=self.level_counts,
        )  # fmt: skip

    def _measured(
        self, clips: Iterator[TrainingClip], cache: FeatureCache | None, watch: Progress
    ) -> Iterator[tuple[SourceClip, Measured]]:
        # What the scorer measures of clips at the network's rate.
        fitted = self._known()
        extractor = self._extractor(cache or FeatureCache())
        while batch := list(islice(clips, SCORED_TOGETHER)):
            features = extractor.extract(batch) if cache else extractor.batch(batch, watch)
            for clip, segments in zip(batch, features, strict=True):
                source = extractor.info(clip)
                seconds = fitted.scores.window_seconds
                yield source, fitted.scorer.measure(source, segments, seconds)

    def _check_training(self, features: Features) -> None:
        sounds = [clip.sha256 for clip in features.clips]
        fewest = self._head_type.fewest_clips
        if len(sounds) < fewest:
            raise FitError(
                f"{HEADS[self.head_name].title} needs at least {fewest} normal clips, better 20 or "
                f"more; there {'is' if len(sounds) == 1 else 'are'} {len(sounds)}."
            )
        if len(set(sounds)) == 1:
            raise FitError(
                f"All {len(sounds)} clips are the same recording; a detector needs different ones "
                "to learn how much normal sound varies."
            )
        if len({clip.group for clip in features.clips}) == 1:
            raise FitError(
                f"All clips belong to one recording, “{features.clips[0].group}”; at least two are "
                "needed to calibrate on clips it was not fitted on."
            )

"""A detector to be measured: a head with the settings of a preset, on a backbone."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from core.detectors.detector import Detector
from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
from core.detectors.registry import head_type
from core.detectors.settings import make_settings, with_former_names


@dataclass(frozen=True)
class Candidate:
    """A detector to be measured.

    Attributes:
        head: The anomaly algorithm.
        preset: The name under which its settings are shown.
        backbone: The network.
        settings: The head's settings where they differ from its defaults.
    """

    head: str
    preset: str
    backbone: str
    settings: dict[str, Any]

    @classmethod
    def of(cls, head: str, preset: str, backbone: str) -> Candidate:
        """Take the settings of a preset.

        Args:
            head: The anomaly algorithm.
            preset: The preset's name.
            backbone: The network.

        Returns:
            The candidate.

        Raises:
            SettingError: there is no such head or preset.
        """
        return cls(head, preset, backbone, preset_settings(head, preset))

    @property
    def is_recommended(self) -> bool:
        """Whether it is what published evidence speaks for."""
        return (self.head, self.preset) == (RECOMMENDED_HEAD, "recommended")

    @property
    def learns_classes(self) -> bool:
        """Whether one detector learns all of a data set's classes at once."""
        return head_type(self.head).learns_classes(self.settings_in_full())

    def settings_in_full(self) -> Any:
        """Complete the settings with the head's defaults.

        Returns:
            The head's settings, an instance of its settings' class.
        """
        return make_settings(head_type(self.head).settings_type, self.head, self.settings)

    def described(self) -> dict[str, Any]:
        """Describe all that the candidate's numbers depend on.

        Returns:
            Plain JSON with the settings in full: another default is another measurement. Names
            are those of 0.1.0, so that its finished units are found again.
        """
        in_full = dataclasses.asdict(self.settings_in_full())
        return {
            "candidate": dataclasses.asdict(self) | {"settings": with_former_names(self.settings)},
            "settings": with_former_names(in_full),
        }

    def on(self, data_set: str) -> Candidate:
        """Take the settings that were published for a data set, where it is the published form.

        Args:
            data_set: The data set's name in results.

        Returns:
            The candidate to measure on it.
        """
        if self.preset != "published":
            return self
        changed = head_type(self.head).published_for.get(data_set, {})
        return dataclasses.replace(self, settings=self.settings | changed)

    def detector(self, **options: Any) -> Detector:
        """Make the detector, not fitted yet.

        Args:
            **options: Seed, device and false-alarm rate, as `Detector` takes them.

        Returns:
            The detector.

        Raises:
            SettingError: the backbone, the device or a setting is unknown.
        """
        return Detector(self.head, self.backbone, **options, **self.settings)

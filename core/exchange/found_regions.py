"""The regions of maps as tables and as annotations for other programs."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Iterator

from core.exchange.box_annotation import BoxAnnotation, moment_at
from core.exchange.csv_cells import write_table
from core.exchange.formats import FORMATS
from core.types import Region

ANOMALOUS = "anomalous"
_OF_REGION = tuple(field.name for field in dataclasses.fields(Region))
COLUMNS = (*_OF_REGION, "recording", "starts_at")


@dataclasses.dataclass(frozen=True)
class FoundRegions:
    """What was found in one recording.

    Attributes:
        recording: Its name, with its folders.
        regions: The regions, strongest first.
        recorded_at: When the recording began, None where nobody knows.
    """

    recording: str
    regions: tuple[Region, ...]
    recorded_at: datetime.datetime | None = None

    def annotations(self) -> Iterator[BoxAnnotation]:
        """Make annotations of the regions.

        Yields:
            One a region, with its view as label and its score and p-value as note.
        """
        for region in self.regions:
            yield BoxAnnotation(
                region.start_s,
                region.end_s,
                region.low_hz,
                region.high_hz,
                label=region.view or ANOMALOUS,
                note=f"score {region.score!r}, p {region.p_value!r}",
                recording=self.recording,
                starts_at=moment_at(self.recorded_at, region.start_s),
            )


def write_regions(found: Iterable[FoundRegions], format_name: str = "csv") -> bytes:
    """Write regions as one file.

    Args:
        found: Those of one recording, or of many in a format that can hold many.
        format_name: One of `FORMATS`. A CSV file has everything that is known of a region.

    Returns:
        The file.
    """
    if format_name != "csv":
        return FORMATS[format_name].write(one for each in found for one in each.annotations())
    rows = []
    for each in found:
        for region in each.regions:
            moment = moment_at(each.recorded_at, region.start_s)
            values = dataclasses.astuple(region)
            rows.append((*values, each.recording, moment and moment.isoformat()))
    return write_table(COLUMNS, rows)

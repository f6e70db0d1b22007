"""What can be saved to disk from Listen, Score and Compare."""

HEADING, MAP_PNG, MAP_NPZ = "Downloads", "Map (PNG)", "Map (NPZ)"
RECORDING, ANOMALOUS_PART, RESIDUAL = "Recording (WAV)", "Anomalous part (WAV)", "Residual (WAV)"
REGIONS, OTHER_REGIONS = "Regions ({format})", "Regions for other programs"
LONG = "Of a recording this long, the maps here are those of the part that is shown."
PARTS = (
    "The anomalous part is the recording multiplied by the evidence map, and the residual is what "
    "remains. Together they give “{name}” again."
)

REPORT, EVERYTHING, MAKE_REPORT = "Report (HTML)", "Everything (ZIP)", "Make a report"
THE_REPORT = "The report"
REPORT_SAYS = (
    "One page with pictures, sounds, numbers and settings that opens without a network, also from "
    "an e-mail; and a ZIP with each of them as a file."
)

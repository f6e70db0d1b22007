"""What can be saved to disk from Listen, Score and Compare."""

HEADING = "Downloads"
MAP_PNG = "Map (PNG)"
MAP_NPZ = "Map (NPZ)"
RECORDING = "Recording (WAV)"
ANOMALOUS_PART = "Anomalous part (WAV)"
RESIDUAL = "Residual (WAV)"
REGIONS = "Regions (CSV)"
PARTS = (
    "The anomalous part is the recording multiplied by the evidence map, and the residual is what "
    "remains. Together they give “{name}” again."
)

REPORT = "Report (HTML)"
EVERYTHING = "Everything (ZIP)"
MAKE_REPORT = "Make a report"
THE_REPORT = "The report"
REPORT_SAYS = (
    "One page with pictures, sounds, numbers and settings that opens without a network, also from "
    "an e-mail; and a ZIP with each of them as a file."
)

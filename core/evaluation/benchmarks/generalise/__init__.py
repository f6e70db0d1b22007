"""Every set at once, with rivals beside the detectors: evidence on sound nothing was tuned on."""

"""The backbones' published weights: what there is, and fetching, checking and saving them."""

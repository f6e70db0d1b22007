"""The published files of the backbones' weights: catalogue, download, checkpoints."""

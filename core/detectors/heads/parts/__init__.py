"""What heads are made of: banks, coresets, Gaussians, windows, training."""

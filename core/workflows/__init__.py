"""What the command line and the app's jobs do alike: fit, score, explain, report."""

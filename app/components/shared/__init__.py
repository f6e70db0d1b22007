"""What the app's components have in common."""

"""The web app: views, what they are made of, and every sentence shown to people."""

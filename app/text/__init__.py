"""Every sentence and term shown to people."""

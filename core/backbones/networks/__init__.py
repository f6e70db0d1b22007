"""The networks themselves, which know nothing of published weights."""

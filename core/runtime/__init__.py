"""Where data lies, files written whole, progress, and the memory and time that work takes."""

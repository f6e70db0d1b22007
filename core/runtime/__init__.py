"""Where files lie, whole writes, progress, memory and resource usage."""

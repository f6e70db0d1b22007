"""Why a recording scored so: its parts scored again, what would make it normal, normal sound."""

"""Why a clip scored as it did: its parts, normal sound for its gaps, what would make it normal."""

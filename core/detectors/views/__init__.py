"""The event view and the stationary view of a clip, and the map they are drawn on."""

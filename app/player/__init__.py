"""One component that shows an anomaly map and plays what is in it.

`player(sounds, picture, regions, key=...)` draws it and gives what the user selected.
"""

from app.player.payload import Payload, Picture, Sound, pack
from app.player.player import PlayerEvent, player, show

__all__ = ["Payload", "Picture", "PlayerEvent", "Sound", "pack", "player", "show"]

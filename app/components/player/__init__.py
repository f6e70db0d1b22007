"""One component that shows an anomaly map and plays what is in it.

`show(pack(sounds, picture, regions), key=...)` shows it and gives what the user selected and
painted.
A long recording is shown by parts: `wanted_part` says which one to give it.
"""

from app.components.player.findings import FindingList, ListedFinding
from app.components.player.parts import Part, wanted_part
from app.components.player.payload import pack
from app.components.player.pictures import NamedMap, Picture
from app.components.player.player import PlayerState, show
from app.components.player.sounds import Residual, Sound

__all__ = [
    "FindingList",
    "ListedFinding",
    "NamedMap",
    "Part",
    "Picture",
    "PlayerState",
    "Residual",
    "Sound",
    "pack",
    "show",
    "wanted_part",
]

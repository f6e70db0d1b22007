"""Which of AudioSet's classes are one sound by other names, so that three names say three things.

Indices are those of YAMNet's class map, which follows AudioSet's ontology: what belongs together
stands together.
"""

from __future__ import annotations

# First and last class of each family; a class in none is its own.
_RUNS = (
    *((0, 5), (6, 11), (13, 18), (19, 23), (24, 32), (33, 34), (36, 40), (42, 43), (46, 48)),
    *((49, 50), (56, 58), (59, 60), (61, 62), (63, 65), (69, 75), (76, 80), (82, 84), (85, 87)),
    *((88, 89), (90, 92), (93, 98), (99, 100), (101, 102), (104, 105), (106, 113), (114, 115)),
    *((118, 120), (121, 126), (127, 128), (129, 130), (132, 276), (277, 279), (280, 281)),
    *((282, 291), (292, 293), (295, 299), (300, 301), (302, 304), (306, 307), (308, 311)),
    *((316, 319), (322, 328), (329, 334), (337, 347), (348, 352), (353, 354), (358, 359)),
    *((364, 366), (369, 370), (378, 381), (383, 388), (390, 391), (393, 394), (396, 397)),
    *((400, 402), (406, 407), (410, 411), (413, 414), (415, 417), (418, 419), (420, 425)),
    *((426, 428), (429, 430), (431, 434), (435, 437), (438, 446), (454, 455), (460, 463)),
    *((468, 470), (472, 474), (475, 477), (485, 486), (514, 515)),
)
FAMILY = list(range(521))
for _first, _last in _RUNS:
    FAMILY[_first : _last + 1] = [_first] * (_last + 1 - _first)
FAMILY[117] = 69  # "Canidae, dogs, wolves" stands among the wild animals

# What says where a recording was made or nothing at all, and names of whole branches.
SCENES = frozenset(
    (
        *("Animal", "Domestic animals, pets", "Livestock, farm animals, working animals"),
        *("Wild animals", "Silence", "Sound effect", "Inside, small room"),
        *("Inside, large room or hall", "Inside, public space", "Outside, urban or manmade"),
        *("Outside, rural or natural", "Reverberation", "Echo", "Noise", "Environmental noise"),
        *("Static", "Field recording"),
    )
)

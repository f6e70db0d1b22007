"""The heads by name. A new one is one file and one line here: docs/adding_a_head.md."""

from __future__ import annotations

from core.detectors.heads.anopatch import AnoPatch
from core.detectors.heads.autoencoder import Autoencoder
from core.detectors.heads.cfa import CFA
from core.detectors.heads.head import Head
from core.detectors.heads.padim import PaDiM
from core.detectors.heads.patchcore import PatchCore
from core.detectors.heads.stfpm import STFPM
from core.errors import SettingError

_HEADS: tuple[type[Head], ...] = (PatchCore, PaDiM, CFA, STFPM, Autoencoder, AnoPatch)

HEADS: dict[str, type[Head]] = {head.name: head for head in _HEADS}


def head_type(name: str) -> type[Head]:
    """The head of that name.

    Raises:
        SettingError: there is none.
    """
    if name not in HEADS:
        raise SettingError(f"There is no head “{name}”; there are {', '.join(HEADS)}.")
    return HEADS[name]


def heads_for(backbone: str) -> list[str]:
    """The heads that can work with a backbone, by name."""
    return [
        name for name, head in HEADS.items() if not head.backbones or backbone in head.backbones
    ]

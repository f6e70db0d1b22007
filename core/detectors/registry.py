"""The heads by name. A new one is one file and one entry here: docs/adding_a_head.md.

The registry knows what a head is called and what it needs without importing its module, so that a
list of heads does not wait for PyTorch and scoring with one head imports no other's libraries.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from core.errors import SettingError

if TYPE_CHECKING:
    from core.detectors.heads.head import Head

DEFAULT_BACKBONE = "aisfx"


@dataclass(frozen=True)
class HeadEntry:
    """A head as people choose it, and where its class is.

    Attributes:
        title: its name for people.
        summary: one sentence on how it works.
        head: its class, or "module:class", imported when the head is used.
        backbones: the backbones it works with, the usual one first; empty for any.
        learning: seconds it takes to learn from a second of sound, for the estimate before a fit;
            measured on two cores with clips of 5 s (benchmarks/RESULTS.md, "Heads"). The default
            suits one pass over the features; a head that trains a network took 0.13 to 0.17.
        learns_from_s: more sound than this it draws from and learns no longer, in seconds.
    """

    title: str
    summary: str
    head: str | type[Head]
    backbones: tuple[str, ...] = ()
    learning: float = 0.012
    learns_from_s: float = float("inf")


HEADS: dict[str, HeadEntry] = {
    "patchcore": HeadEntry(
        "PatchCore",
        "Compares every patch of sound with a memory of normal patches.",
        "core.detectors.heads.patchcore:PatchCore",
        learning=0.012,
    ),
    "padim": HeadEntry(
        "PaDiM",
        "Compares every place in the spectrogram with how normal sound varies there.",
        "core.detectors.heads.padim:PaDiM",
        learning=0.003,
    ),
    "subspace": HeadEntry(
        "Subspace",
        "Learns in which directions normal sound varies, and finds what lies outside them.",
        "core.detectors.heads.subspace:Subspace",
        learning=0.003,
    ),
    "cfa": HeadEntry(
        "CFA",
        "Learns a view of sound in which normal patches lie close to common centres.",
        "core.detectors.heads.cfa:CFA",
        learning=0.13,
    ),
    "stfpm": HeadEntry(
        "STFPM",
        "Trains a student to imitate the backbone on normal sound; on new sound it differs.",
        "core.detectors.heads.stfpm:STFPM",
        learning=0.17,
    ),
    "autoencoder": HeadEntry(
        "Autoencoder",
        "Learns to reconstruct normal sound; what it cannot reconstruct stands out.",
        "core.detectors.heads.autoencoder:Autoencoder",
        learning=0.16,
        # Its stacks of frames are drawn from all of the sound.
        learns_from_s=2300.0,
    ),
    "anopatch": HeadEntry(
        "AnoPatch",
        "Teaches a transformer to tell machines apart and compares with the nearest normal clip.",
        "core.detectors.heads.anopatch:AnoPatch",
        ("beats", "beats-iter3plus", "beats-small"),
        learning=0.17,  # not measured: as the slowest
    ),
}


def head_type(name: str) -> type[Head]:
    """Import the class of a head.

    Args:
        name: one of `HEADS`.

    Returns:
        The class.

    Raises:
        SettingError: there is no head of that name.
    """
    head = _entry(name).head
    if not isinstance(head, str):
        return head
    module, _, class_name = head.partition(":")
    found: type[Head] = getattr(import_module(module), class_name)
    return found


def heads_for(backbone: str) -> list[str]:
    """List the heads that work with a backbone.

    Args:
        backbone: the backbone's name.

    Returns:
        Names of heads, in the registry's order.
    """
    return [
        name for name, head in HEADS.items() if not head.backbones or backbone in head.backbones
    ]


def usable_backbone(head: str, backbone: str | None) -> str:
    """Choose the backbone for a head.

    Args:
        head: the head's name.
        backbone: the one asked for; None takes the head's usual one.

    Returns:
        The backbone's name.

    Raises:
        SettingError: there is no such head, or it does not work with that backbone.
    """
    entry = _entry(head)
    if backbone is None:
        return entry.backbones[0] if entry.backbones else DEFAULT_BACKBONE
    if entry.backbones and backbone not in entry.backbones:
        raise SettingError(
            f"{entry.title} needs backbone {' or '.join(entry.backbones)}, not “{backbone}”."
        )
    return backbone


def _entry(name: str) -> HeadEntry:
    if name not in HEADS:
        raise SettingError(f"There is no head “{name}”; there are {', '.join(HEADS)}.")
    return HEADS[name]

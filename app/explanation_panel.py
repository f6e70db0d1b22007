"""Why a recording scored as it did: faithfulness, what would make it normal, one's own mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from app import cache, explanation_wording, explanations, glossary, sound_cards, wording
from app.explanations import Wanted
from app.player import Sound
from app.sound_cards import Card
from core.audio import wav_bytes
from core.errors import StoreError
from core.masking import Box
from core.store import clips
from core.store.explanations import KeptExplanation
from core.store.models import ModelRecord
from core.store.scores import ScoreRecord

BACKGROUNDS = {
    "nearest": "Nearest normal recording",
    "mean": "Average normal sound",
    "own": "A recording of yours",
}
BACKGROUND_CLIP = "background_clip"
OWN_BOXES = "own_boxes"
AUDIO_TYPES = ("wav", "flac", "ogg", "mp3", "aiff", "aif")


@dataclass(frozen=True, eq=False)
class Case:
    """What is explained, and what is already known of it; `threshold` is on the map's scale."""

    model: ModelRecord
    score: ScoreRecord
    stretch: tuple[float, float] | None
    background: str
    threshold: float
    explain: Wanted
    flip: Wanted
    report: Wanted
    explained: KeptExplanation | None
    flipped: KeptExplanation | None
    tried: KeptExplanation | None


def case_of(
    model: ModelRecord, score: ScoreRecord, stretch: tuple[float, float] | None, rate: float
) -> Case:
    """Looks up what is kept; takes milliseconds."""
    calibrated = cache.calibration(model.id)
    background = _background()
    explain = explanations.wanted("explain", model, score, stretch, background)
    flip = explanations.wanted("counterfactual", model, score, stretch, background, rate=rate)
    own = _own_mask(model, score, stretch, background)
    return Case(
        model,
        score,
        stretch,
        background,
        calibrated.clip_probability(calibrated.threshold(rate)),
        explain,
        flip,
        explanations.wanted("clip_report", model, score, stretch, background, rate=rate),
        explanations.find(explain),
        explanations.find(flip),
        explanations.find(own) if own else None,
    )


def sounds(case: Case) -> list[Sound]:
    """The further sounds for the player that are ready; a long recording's parts have none.

    Its player goes on from part to part, and each part must have the same sounds.
    """
    ready: list[Sound] = []
    if case.stretch is not None:
        return ready

    def add(name: str, label: str, kept: KeptExplanation | None, source: str) -> None:
        if kept is not None and source in kept.sounds:
            ready.append(Sound(name, label, kept.sounds[source], kept.sample_rate))

    add("filled", "Gap filled", case.explained, "filled")
    add("nearest", "Nearest normal", case.explained, "nearest")
    if case.flipped is not None and case.flipped.values["share"]:
        add("normal", "Made normal", case.flipped, "masked")
    add("own", "Without your mask", case.tried, "masked")
    return ready


def draw(case: Case, chosen: Sequence[Box]) -> None:
    """The three ways to ask why; `chosen` is what the player marks, in the clip's seconds."""
    st.subheader("Why?", anchor=False, help=glossary.FAITHFULNESS)
    if case.stretch is not None:
        start, stop = case.stretch
        st.caption(
            f"This recording is long: what follows is about the part shown, "
            f"{start:.0f} to {stop:.0f} s, scored by itself."
        )
    _choose_background()
    faithful, normal, own = st.tabs(
        ["Is the map right?", "What would make it normal?", "Your own mask"]
    )
    with faithful:
        _faithfulness(case)
    with normal:
        _counterfactual(case)
    with own:
        _own(case, chosen)


def _background() -> str:
    """Which background is chosen: "nearest", "mean", or the id of the user's own recording."""
    choice = st.session_state.get("background", "nearest")
    if choice == "own":
        return str(st.session_state.get(BACKGROUND_CLIP) or "nearest")
    return str(choice or "nearest")


def _choose_background() -> None:
    choice = st.segmented_control(
        "Fill the gap with",
        list(BACKGROUNDS),
        default="nearest",
        required=True,
        format_func=BACKGROUNDS.__getitem__,
        key="background",
        help=glossary.BACKGROUND,
    )
    if choice != "own":
        return
    sent = st.file_uploader(
        "A normal recording of yours",
        type=AUDIO_TYPES,
        key=f"background_file_{st.session_state.get('background_round', 0)}",
    )
    if sent is not None:
        record = clips.add_clip(sent.name, sent)
        if record.info.problem:
            st.error(wording.plain(record.info.problem, 600), icon=":material/error:")
            return
        st.session_state[BACKGROUND_CLIP] = record.id
        # The uploader holds the file in memory until it is another one.
        st.session_state["background_round"] = st.session_state.get("background_round", 0) + 1
        st.rerun()
    kept = st.session_state.get(BACKGROUND_CLIP)
    if not kept:
        return
    try:
        name = clips.get_clip(kept).name
    except StoreError:
        del st.session_state[BACKGROUND_CLIP]
        st.info("Your recording was removed meanwhile; choose another.", icon=":material/info:")
        return
    st.caption(f"Taken: “{wording.plain(name)}”.")


def _faithfulness(case: Case) -> None:
    kept = case.explained
    if kept is None:
        explanations.draw_waiting(
            case.explain,
            "Scoring what the map keeps, removes and fills",
            "The explanation",
            # Who plays a long recording through does not ask about each of its parts.
            by_itself=case.stretch is None,
            button="Explain this part",
        )
        return
    numbers = kept.values["faithfulness"]
    cards = [
        Card("The recording", "as it is, with the map", kept.pictures["clip"], numbers["p"]),
        Card("Kept", "the unlike part alone", kept.pictures["kept"], numbers["o"]),
        Card("Removed", "the rest, with a gap", kept.pictures["removed"], numbers["q"]),
    ]
    if "filled" in kept.pictures:
        cards.append(Card("Filled", "the gap filled", kept.pictures["filled"], numbers.get("r")))
    if "nearest" in kept.pictures:
        cards.append(Card("Nearest normal", "another recording", kept.pictures["nearest"], None))
    sound_cards.draw(cards, case.threshold)
    heard = "All of these can be heard in the player above, at one playhead."
    st.caption(f"{glossary.EVIDENCE} {heard if case.stretch is None else ''}")
    _hear(case, kept, {"filled": "The gap filled", "nearest": "The nearest normal recording"})
    st.markdown(explanation_wording.faithfulness_v1(numbers))
    second = explanation_wording.faithfulness_v2(numbers, str(kept.values["background"]))
    if second:
        st.markdown(second)
    _say_nearest(kept)


def _say_nearest(kept: KeptExplanation) -> None:
    if kept.values["note"]:
        st.info(wording.plain(str(kept.values["note"]), 400), icon=":material/info:")
    elif kept.values["nearest_name"]:
        st.caption(
            f"The nearest normal recording is “{wording.plain(str(kept.values['nearest_name']))}”."
        )


def _counterfactual(case: Case) -> None:
    st.caption(glossary.COUNTERFACTUAL)
    kept = case.flipped
    if kept is None:
        seconds = case.score.duration_seconds or 0.0
        if case.stretch is not None:
            seconds = case.stretch[1] - case.stretch[0]
        explanations.draw_waiting(
            case.flip,
            "Looking for the smallest part that flips the verdict",
            "The search",
            by_itself=False,
            button="Find it",
        )
        st.caption(
            "It scores the recording up to 14 times: "
            f"about {wording.duration(max(2.0, 0.5 * seconds))}."
        )
        return
    values = kept.values
    start = case.stretch[0] if case.stretch else 0.0
    st.markdown(explanation_wording.made_normal(values, start))
    if "masked" not in kept.sounds or not values["share"]:
        return
    sound_cards.draw(
        [
            Card(
                "The recording",
                f"coloured: the {100 * values['share']:.1f} % that is replaced",
                kept.pictures["clip"],
                values["before"],
            ),
            Card("Made normal", "that part replaced", kept.pictures["masked"], values["after"]),
        ],
        case.threshold,
    )
    _hear(case, kept, {"masked": "Made normal"})


def _own(case: Case, chosen: Sequence[Box]) -> None:
    st.caption(glossary.OWN_MASK)
    work = _own_mask(case.model, case.score, case.stretch, case.background)
    job = explanations.job_of(work) if work else None
    if case.tried is not None:
        _tried(case, case.tried)
    elif work is not None and job is not None:
        explanations.draw_waiting(
            work, "Scoring without your mask", "Your mask", by_itself=False, button="Score it"
        )
    if not chosen:
        st.markdown(
            "Paint over the picture above, drag a box, or choose a region: then score the "
            "recording without it here."
        )
        return
    if st.button(
        f"Score without {explanation_wording.marked(chosen)}",
        icon=":material/ink_eraser:",
        key="score_own_mask",
    ):
        _remember(case.score, chosen)
        work = _own_mask(case.model, case.score, case.stretch, case.background)
        if work is not None and explanations.find(work) is None:
            explanations.start(work)
        st.rerun()


def _tried(case: Case, kept: KeptExplanation) -> None:
    values = kept.values
    st.markdown(explanation_wording.own_mask(values))
    sound_cards.draw(
        [
            Card("The recording", "coloured: your mask", kept.pictures["clip"], values["before"]),
            Card("Without it", "the gap filled", kept.pictures["masked"], values["after"]),
            Card("It alone", "what you marked", kept.pictures["alone"], values["alone"]),
        ],
        case.threshold,
    )
    _hear(case, kept, {"masked": "Without your mask"})


def _hear(case: Case, kept: KeptExplanation, labels: dict[str, str]) -> None:
    """Where the player has these sounds, says so; for a long recording's part, plays them here."""
    if case.stretch is None:
        if list(labels) == ["masked"]:
            st.caption(f"Hear it as “{labels['masked']}” in the player above.")
        return
    for name, label in labels.items():
        if name in kept.sounds:
            st.caption(label)
            st.audio(wav_bytes(kept.sounds[name], kept.sample_rate), format="audio/wav")


def _remember(score: ScoreRecord, chosen: Sequence[Box]) -> None:
    boxes = [[box.start_s, box.end_s, box.low_hz, box.high_hz] for box in chosen]
    st.session_state[OWN_BOXES] = {"clip_id": score.clip_id, "boxes": boxes}


def _own_mask(
    model: ModelRecord,
    score: ScoreRecord,
    stretch: tuple[float, float] | None,
    background: str,
) -> Wanted | None:
    """The work on the mask this session has last asked for, where it is of this recording."""
    asked = st.session_state.get(OWN_BOXES)
    if not asked or asked["clip_id"] != score.clip_id:
        return None
    start = stretch[0] if stretch else 0.0
    names = ("start_s", "end_s", "low_hz", "high_hz")
    boxes = [dict(zip(names, box, strict=True)) for box in asked["boxes"]]
    for box in boxes:
        box["start_s"] -= start
        box["end_s"] -= start
    return explanations.wanted("try_mask", model, score, stretch, background, boxes=boxes)

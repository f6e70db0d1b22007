"""Long work of the Compare view: other heads on the recordings one model was fitted on."""

from __future__ import annotations

from typing import Any

from core.errors import HearMapError, SettingError
from core.jobs.tasks.fitting import fit
from core.jobs.tasks.scoring import score
from core.runtime.progress import Progress, part, silent, titled


def fit_heads(arguments: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Fits each head as `model_id` was fitted and scores `clip_id` with it: {model_ids, failed}.

    Arguments: model_id, clip_id, heads. What another head cannot take from the model, its head's
    settings, is left to the preset. A head that fails has its sentence in `failed`, and the
    others go on. Cancelled, it keeps the models that are done.

    Raises:
        SettingError: no head is named, or the model's recordings are not known here.
    """
    from core.detectors import HEADS
    from core.storage.training import fit_arguments

    heads = list(dict.fromkeys(arguments["heads"]))
    wanted = fit_arguments(arguments["model_id"])
    unknown = [head for head in heads if head not in HEADS]
    if not heads or unknown:
        raise SettingError(f"There is no head “{', '.join(unknown)}”.")
    if not wanted.get("clip_ids"):
        raise SettingError(
            "The recordings this model was fitted on are not kept here, so no other head can be "
            "fitted on them: fit it on the Fit page."
        )
    model_ids, failed = [], []
    for i, head in enumerate(heads):
        step = part(progress, i / len(heads), (i + 1) / len(heads))
        title = HEADS[head].title
        name = f"{wanted.get('model_name') or 'Model'}: {title}"
        changed = {"head": head, "head_settings": {}, "model_name": name}
        try:
            fitted = fit(wanted | changed, titled(part(step, 0.0, 0.9), title))
            model_ids.append(fitted["model_id"])
            score(
                {"model_id": fitted["model_id"], "clip_ids": [arguments["clip_id"]]},
                part(step, 0.9, 1.0),
            )
        except HearMapError as error:
            failed.append(f"{title}: {error}")
    return {"model_ids": model_ids, "failed": failed}

"""How a network that was saved is used, as code to copy."""

from __future__ import annotations

import shlex

from optuna_dnc.data import DATASET_NAMES
from optuna_dnc.nets.registry import FAMILIES
from optuna_dnc.runs import Run


def usage(search: Run) -> list[tuple[str, str]]:
    """Sentences with what to type; empty before a run of the search has ended."""
    if search.summary is None:
        return []
    folder, is_own = str(search.path), search.settings["network"] not in FAMILIES
    family = ", family=family" if is_own else ""
    python = [
        "from optuna_dnc import SearchResult",
        "",
        f"result = SearchResult.load({folder!r}{family})",
        "labels = result.predict(x)" if search.is_classification else "values = result.predict(x)",
        "model = result.model()  # a torch.nn.Module in eval mode",
    ]
    about = "In Python; x are raw samples, like those it was trained on."
    if is_own:
        about += " The family is that of the search."
        return [(about, "\n".join(python))]
    place = shlex.quote(folder)
    settings = search.settings
    data = "" if settings["dataset"] in DATASET_NAMES else " --data DATA"
    return [
        (
            "Predict for raw samples in an .npz file, or take the network away:",
            f"optuna-dnc predict {place} samples.npz\noptuna-dnc export {place} --format onnx",
        ),
        (
            "Train it once more, longer and on all samples; predict and export take --refit then:",
            f"optuna-dnc refit {place} --epochs {3 * settings['epochs']}{data}",
        ),
        (about, "\n".join(python)),
    ]

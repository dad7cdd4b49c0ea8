"""``optuna-dnc predict``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optuna_dnc._errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optuna_dnc.data import Preprocessing
    from optuna_dnc.ensemble import Ensemble
    from optuna_dnc.results import TrainedNetwork
    from optuna_dnc.results.predictor import Predictor


def predict(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The run's folder.")],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="An .npz with samples in an array x, or xte, or an .npy; raw, like the training "
            "data. The names in an array feature_names are matched with those of training.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write an .npz instead of printing: the array predictions, and with --proba "
            "probabilities and classes."
        ),
    ] = None,
    proba: Annotated[
        bool,
        typer.Option(
            "--proba", help="The probability of each class, in the order of the sorted labels."
        ),
    ] = False,
    ensemble: Annotated[
        bool,
        typer.Option("--ensemble", help="Predict with the ensemble that was made in DIR."),
    ] = False,
    refit: Annotated[
        bool,
        typer.Option("--refit", help="Predict with the network that refit trained in DIR."),
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda:N.")] = "auto",
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print a JSON list, with --proba an object with the classes."),
    ] = False,
) -> None:
    """Predict with the network found in DIR: one label or value a line.

    Where FILE holds labels too (y beside x, yte beside xte), the accuracy is shown on stderr.
    """
    import numpy as np

    from optuna_dnc.data import read_labels, read_samples
    from optuna_dnc.export.new_file import check_new, new_file

    if out is not None:
        if out.suffix != ".npz":
            raise InputError(f"--out: {out} must end in .npz.")
        check_new(out)
    predictor = _opened(folder, ensemble=ensemble, refit=refit).predictor(device)
    _, x, names = read_samples(file)
    if names is not None:
        x = predictor.preprocessing.in_order(x, names)
    answers = _answers(predictor, x, proba=proba)
    try:
        labels = read_labels(file)
    except InputError as error:  # the predictions are there without them
        typer.echo(f"Accuracy not shown: {error}", err=True)
        labels = None
    if labels is not None:
        typer.echo(_score(answers["predictions"], labels, predictor.preprocessing), err=True)
    if out is not None:
        with new_file(out) as draft:
            np.savez_compressed(draft, **answers)
        typer.echo(f"{len(answers['predictions'])} predictions written to {out}")
    elif as_json:
        typer.echo(_as_json(answers))
    else:
        _print(answers.get("probabilities", answers["predictions"]))


def _opened(folder: Path, *, ensemble: bool, refit: bool) -> Ensemble | TrainedNetwork:
    from optuna_dnc.ensemble import Ensemble
    from optuna_dnc.refit import Refit
    from optuna_dnc.search.search_result import SearchResult

    if ensemble and refit:
        raise InputError("--ensemble and --refit name two networks; leave one of them out.")
    if ensemble:
        return Ensemble.load(folder)
    return Refit.load(folder) if refit else SearchResult.load(folder)


def _answers(predictor: Predictor, x: NDArray[Any], *, proba: bool) -> dict[str, Any]:
    """The arrays that are printed or written, by name."""
    import numpy as np

    from optuna_dnc.cli.bar import counting_bar

    with counting_bar(len(x) if x.ndim else 0) as show:

        def on_progress(done: int) -> None:
            show(done, "predicting")

        if not proba:
            return {"predictions": predictor.predict(x, on_progress)}
        probabilities = predictor.predict_proba(x, on_progress)
    about = predictor.preprocessing
    classes = np.array(about.classes, dtype=about.label_dtype)
    return {
        "predictions": classes[probabilities.argmax(axis=1)],
        "probabilities": probabilities,
        "classes": classes,
    }


def _score(predictions: NDArray[Any], labels: NDArray[Any], about: Preprocessing) -> str:
    """How many labels of the file are met, in one line."""
    import numpy as np

    what = "Error" if about.classes is None else "Accuracy"
    if labels.shape != predictions.shape or _kind(labels) != _kind(predictions):
        return (
            f"{what} not shown: the labels of the file are {labels.dtype} of shape "
            f"{labels.shape}, the predictions {predictions.dtype} of shape {predictions.shape}."
        )
    where = f"on the {len(labels):,} labels of the file"
    if about.classes is not None:
        return f"{what} {np.mean(predictions == labels):.4f} {where}."
    error = np.mean(((predictions - labels) / about.y_divisor) ** 2)
    return f"{what} {error:.4g} {where} (MSE over the variance of the training targets)."


def _kind(values: NDArray[Any]) -> str:
    """Values of one kind can be compared."""
    return {"i": "number", "u": "number", "f": "number"}.get(values.dtype.kind, values.dtype.kind)


def _as_json(answers: dict[str, Any]) -> str:
    if "probabilities" not in answers:
        return json.dumps(answers["predictions"].tolist())
    return json.dumps({name: answers[name].tolist() for name in ("classes", "probabilities")})


def _print(rows: NDArray[Any]) -> None:
    """One label, one value or the values of one sample a line."""
    for row in rows.tolist():
        print(*row) if isinstance(row, list) else print(row)  # noqa: T201 - a million lines

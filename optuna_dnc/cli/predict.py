"""Command ``optuna-dnc predict``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optuna_dnc._errors import InputError
from optuna_dnc.cli.options import RunFolder, UseEnsemble, UseRefit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optuna_dnc.data.images import ImageFiles
    from optuna_dnc.ensemble import Ensemble
    from optuna_dnc.results import TrainedNetwork
    from optuna_dnc.results.predictor import Predictor


def predict(
    folder: RunFolder,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Raw samples: a CSV, Parquet or Arrow file, whose columns are matched to the "
            "training data by name; an .npz file with an array x or xte; an .npy file; an image "
            "or a folder of images.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write a .csv, .parquet or .npz file instead of printing. It has the column or "
            "array prediction, with --proba also the class probabilities, and for images also "
            "the paths of the files."
        ),
    ] = None,
    proba: Annotated[
        bool,
        typer.Option(
            "--proba",
            help="Predict class probabilities, in the order of the sorted classes; with several "
            "labels, the probability of each label.",
        ),
    ] = False,
    ensemble: UseEnsemble = False,
    refit: UseRefit = False,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda:N.")] = "auto",
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print a JSON list; with --proba, for images, or for several targets, an object "
            "that also has the classes, the files or the target names.",
        ),
    ] = False,
) -> None:
    """Predict with the network of a run and print one label or value per line.

    For images, each line starts with the path of the file and a tab.

    If FILE also contains labels (the target, y with x, or yte with xte), the accuracy and the
    metric of the search are printed to stderr. They use the sample weights of the search if FILE
    has their column.
    """
    import numpy as np

    from optuna_dnc.cli.prediction_score import score_line
    from optuna_dnc.cli.predictions_file import check_out, write_predictions
    from optuna_dnc.data.images import ImageFiles

    if out is not None:
        check_out(out)
    network = opened(folder, ensemble=ensemble, refit=refit)
    predictor = network.predictor(device)
    preprocessing = predictor.preprocessing
    given = predictor.given(file)
    x = given.x
    metric = network.main_metric
    needs_proba = preprocessing.classes is not None and metric not in (None, "accuracy")
    arrays = _predict(predictor, x, proba=proba or needs_proba)
    if isinstance(x, ImageFiles):
        arrays = {"files": np.array([str(path) for path in x.paths]), **arrays}
    try:
        labels, weights = given.labels, given.weights
    except InputError as error:  # predictions do not need labels
        typer.echo(f"Accuracy not shown: {error}", err=True)
        labels = None
    if labels is not None:
        typer.echo(
            score_line(
                arrays,
                labels,
                preprocessing,
                metric,
                weights,
                weighted_by=predictor.options.weights,
            ),
            err=True,
        )
    names = preprocessing.output_names
    if not proba:
        arrays = {name: arrays[name] for name in ("files", "predictions") if name in arrays}
    if out is not None:
        write_predictions(out, arrays, preprocessing)
        typer.echo(f"{len(arrays['predictions'])} predictions written to {out}")
    elif as_json:
        if len(names) > 1 and not proba:
            arrays["names"] = np.array(names)
        typer.echo(_as_json(arrays))
    else:
        if len(names) > 1:
            typer.echo(f"Columns: {', '.join(names)}.", err=True)
        _print(arrays)


def opened(folder: Path, *, ensemble: bool, refit: bool) -> Ensemble | TrainedNetwork:
    """Open the network of a run, or its ensemble, or what refit trained."""
    from optuna_dnc.ensemble import Ensemble
    from optuna_dnc.refit import Refit
    from optuna_dnc.search.search_result import SearchResult

    if ensemble and refit:
        raise InputError("--ensemble and --refit are mutually exclusive; leave one of them out.")
    if ensemble:
        return Ensemble.load(folder)
    return Refit.load(folder) if refit else SearchResult.load(folder)


def _predict(predictor: Predictor, x: NDArray[Any] | ImageFiles, *, proba: bool) -> dict[str, Any]:
    """Return the arrays to print or write, by name."""
    from optuna_dnc.cli.bar import counting_bar

    with counting_bar(len(x) if x.ndim else 0) as show:

        def on_progress(done: int) -> None:
            show(done, "predicting")

        if not proba:
            return {"predictions": predictor.predict(x, on_progress)}
        probabilities = predictor.predict_proba(x, on_progress)
    import numpy as np
    import torch

    about = predictor.preprocessing
    dtype = about.label_dtype if about.label_values is None else None
    return {
        "predictions": about.decode(torch.from_numpy(probabilities)),
        "probabilities": probabilities,
        "classes": np.array(about.classes, dtype=dtype),
    }


def _as_json(arrays: dict[str, NDArray[Any]]) -> str:
    if arrays.keys() == {"predictions"}:
        return json.dumps(arrays["predictions"].tolist())
    names = [name for name in arrays if name != "predictions" or "probabilities" not in arrays]
    return json.dumps({name: arrays[name].tolist() for name in sorted(names)})


def _print(arrays: dict[str, NDArray[Any]]) -> None:
    """Print one row per line, after the path of its file if there are files."""
    rows = arrays.get("probabilities", arrays["predictions"]).tolist()
    starts = [f"{file}\t" for file in arrays["files"]] if "files" in arrays else [""] * len(rows)
    for start, row in zip(starts, rows, strict=True):
        print(start, end="")  # noqa: T201 - fast for a million lines
        print(*row) if isinstance(row, list) else print(row)  # noqa: T201

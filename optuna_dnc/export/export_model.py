"""Export of the best network of a search."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from optuna_dnc._errors import InputError, unknown_name
from optuna_dnc._files import check_new, new_file
from optuna_dnc.data import DatasetSource
from optuna_dnc.export.export_format import ExportFormat
from optuna_dnc.export.formats import OnnxFormat, Pt2Format, SafetensorsFormat
from optuna_dnc.export.python_format import PythonFormat
from optuna_dnc.export.subject import Raw, Subject
from optuna_dnc.export.trial_samples import trial_samples
from optuna_dnc.results.trained_network import Predicting

FORMATS: dict[str, ExportFormat] = {
    form.name: form for form in (OnnxFormat(), Pt2Format(), PythonFormat(), SafetensorsFormat())
}

MOST_DEVIATION = 1e-4
"""Of a probability, or in standard deviations of a target; beyond that nothing is written."""


@dataclass(frozen=True)
class Exported:
    """Exported files, and their largest deviation from the network."""

    files: tuple[Path, ...]
    """The file that was asked for, and with ``python`` its weights."""
    format: str
    n_bytes: int
    """Of all files together."""
    largest_deviation: float
    """From what the search's own network answers: of a probability, or of a target in units of
    its standard deviation."""
    n_samples: int
    """Samples on which this was seen."""
    samples: str
    """Where these were from, in words."""
    takes: str
    """What the exported network takes, in words."""


def export_model(
    result: Predicting,
    format: str,
    out: str | Path | None = None,
    *,
    data: DatasetSource | None = None,
    data_root: str | Path | None = None,
) -> Exported:
    """Write the best network of a search in another format, and read it back to compare.

    Args:
        result: A :class:`optuna_dnc.search.SearchResult`, or what its ``refit`` trained or its
            ``ensemble`` combined.
        format: ``onnx``, ``pt2``, ``python`` or ``safetensors``; the first two for an ensemble.
        out: The file; by default ``export/network.SUFFIX`` in the folder of the result. Existing
            files are not overwritten.
        data: Source of real samples for the comparison: a data set's name, arrays, a data frame,
            or a file with samples or rows. By default, the table of the search if its file still
            exists, the data of the search for ``digits`` and with ``data_root``, and otherwise
            random samples like the training data.
        data_root: Folder of torchvision's data sets.

    Raises:
        InputError: An argument is invalid, a module is missing, the network cannot be written in
            this format, or the outputs of the file differ from those of the network.
    """
    if format not in FORMATS:
        raise unknown_name("format", format, FORMATS)
    form = FORMATS[format]
    form.check_installed()
    path = result.path / "export" / f"network{form.suffix}" if out is None else Path(out)
    form.check_name(path)
    check_new(path)
    subject = Subject(result)
    samples = trial_samples(result, subject.preprocessing, data, data_root)
    with ExitStack() as stack:
        # The last gets its name first, so that the file asked for is there only with the others.
        drafts = [
            stack.enter_context(new_file(file, may_be_there=file != path))
            for file in form.files(path)
        ]
        form.write(subject, path, drafts)
        deviation = _largest_deviation(form, subject, drafts, samples.x)
        if not deviation <= MOST_DEVIATION:
            raise InputError(
                f"format {format!r}: on {len(samples.x)} {samples.source} the outputs of the file "
                f"deviate by up to {deviation:.2g} from the network, more than "
                f"{MOST_DEVIATION:g}; nothing was written, choose another format."
            )
    return Exported(
        files=form.files(path),
        format=format,
        n_bytes=sum(file.stat().st_size for file in form.files(path)),
        largest_deviation=deviation,
        n_samples=len(samples.x),
        samples=samples.source,
        takes=form.takes(subject),
    )


def _largest_deviation(form: ExportFormat, subject: Subject, drafts: list[Path], x: Raw) -> float:
    """Return the largest deviation of the files from the network, for many samples and for one."""
    unit = 1.0 if subject.preprocessing.classes else subject.preprocessing.y_divisor
    return max(
        float(np.max(np.abs(form.answers(subject, drafts, part) - subject.answers(part)) / unit))
        for part in (x, x[:1])
    )

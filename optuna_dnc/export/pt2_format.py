"""torch.export format: a graph that torch runs without this package."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from typing_extensions import override

from optuna_dnc.export.export_format import ExportFormat
from optuna_dnc.export.subject import Raw, Subject

ABOUT = "optuna_dnc.json"
"""Name of the extra file in the archive: labels, preprocessing, configuration."""


class Pt2Format(ExportFormat):
    """Raw samples in, probabilities or values out, any number of samples at once."""

    name = "pt2"
    suffix = ".pt2"

    @override
    def write(self, subject: Subject, path: Path, drafts: Sequence[Path]) -> None:
        with self.tracing(subject):
            program = torch.export.export(
                subject.deployed,
                (subject.example,),
                dynamic_shapes=({0: torch.export.Dim("n", min=1)},),
            )
            # The example is of no use, and the only thing that would be pickled.
            program.example_inputs = None
            about = {ABOUT: json.dumps(subject.about)}
            # In memory first: the archive would be named after the draft.
            archive = BytesIO()
            torch.export.save(program, archive, extra_files=about)
        drafts[0].write_bytes(archive.getbuffer())

    @override
    def answers(self, subject: Subject, drafts: Sequence[Path], x: Raw) -> NDArray[Any]:
        module = torch.export.load(drafts[0]).module()
        with torch.inference_mode():
            answers: NDArray[Any] = module(torch.from_numpy(subject.raw(x))).numpy()
        return answers

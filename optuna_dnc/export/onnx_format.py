"""ONNX format, which many runtimes and languages read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from typing_extensions import override

from optuna_dnc.export.export_format import ExportFormat
from optuna_dnc.export.subject import Raw, Subject

INPUT = "x"
"""Name of the graph's input."""


class OnnxFormat(ExportFormat):
    """Raw samples in, probabilities or values out, any number of samples at once.

    The metadata hold the classes, or the names of several labels, as a JSON list (``classes``), of
    tables what the codes of their ``columns`` mean, and what else is known.
    """

    name = "onnx"
    suffix = ".onnx"
    needs = ("onnxruntime", "onnxscript")

    @override
    def write(self, subject: Subject, path: Path, drafts: Sequence[Path]) -> None:
        about = subject.about
        classes = about["preprocessing"]["classes"]
        with self.tracing(subject):
            program = torch.onnx.export(
                subject.deployed,
                (subject.example,),
                dynamo=True,
                dynamic_shapes=({0: torch.export.Dim("n", min=1)},),
                input_names=[INPUT],
                output_names=["values" if classes is None else "probabilities"],
                verbose=False,
            )
            assert program is not None  # with dynamo
            program.model.metadata_props.update(
                task=about["preprocessing"]["task"],
                classes=json.dumps(classes),
                optuna_dnc=json.dumps(about),
            )
            if "columns" in about:
                program.model.metadata_props["columns"] = json.dumps(about["columns"])
            program.save(drafts[0], external_data=False)

    @override
    def answers(self, subject: Subject, drafts: Sequence[Path], x: Raw) -> NDArray[Any]:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        session = onnxruntime.InferenceSession(
            drafts[0], options, providers=["CPUExecutionProvider"]
        )
        answers: NDArray[Any] = session.run(None, {INPUT: subject.raw(x)})[0]
        return answers

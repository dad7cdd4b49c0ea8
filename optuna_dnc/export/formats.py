"""Formats for other programs: ONNX, the graph of torch.export, and safetensors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save
from typing_extensions import override

from optuna_dnc.data import Preprocessing
from optuna_dnc.export.deployed import Deployed
from optuna_dnc.export.export_format import ExportFormat
from optuna_dnc.export.subject import Raw, Subject
from optuna_dnc.training.weights import separate

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


_ABOUT_PT2 = "optuna_dnc.json"
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
            about = {_ABOUT_PT2: json.dumps(subject.about)}
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


_ABOUT_SAFETENSORS = "optuna_dnc"
"""Entry of the header: configuration, labels, preprocessing, as JSON."""


class SafetensorsFormat(ExportFormat):
    """Weights by the names of the network's own state dict."""

    name = "safetensors"
    suffix = ".safetensors"

    @override
    def write(self, subject: Subject, path: Path, drafts: Sequence[Path]) -> None:
        tensors = separate(subject.alone.model().state_dict())
        header = {"format": "pt", _ABOUT_SAFETENSORS: json.dumps(subject.about)}
        drafts[0].write_bytes(save(tensors, metadata=header))

    @override
    def takes(self, subject: Subject) -> str:
        shape = ", ".join(map(str, ("n", *subject.preprocessing.input_shape)))
        return f"normalized samples ({shape}) float32, see preprocessing in the header"

    @override
    def answers(self, subject: Subject, drafts: Sequence[Path], x: Raw) -> NDArray[Any]:
        with safe_open(drafts[0], framework="pt") as file:
            about = json.loads(file.metadata()[_ABOUT_SAFETENSORS])
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        family = subject.alone.family
        config = family.config_from_dict(about["config"])
        network = family.build(config, tuple(about["input_shape"]), about["n_outputs"])
        network.load_state_dict(weights)
        deployed = Deployed(network, Preprocessing.from_dict(about["preprocessing"])).eval()
        with torch.inference_mode():
            return np.asarray(deployed(torch.from_numpy(subject.raw(x))))

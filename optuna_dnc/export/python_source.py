"""Source of a Python file with one network that does not need this package."""

from __future__ import annotations

import textwrap
from string import Template

import numpy as np

from optuna_dnc._errors import InputError
from optuna_dnc.data import Preprocessing
from optuna_dnc.data.normalization import SOFT_LIMIT
from optuna_dnc.export.encoder_source import EncoderSource, encoder_source
from optuna_dnc.export.literals import assignment
from optuna_dnc.export.subject import Subject
from optuna_dnc.nets.source import WIDTH
from optuna_dnc.objectives import described_costs


def python_source(subject: Subject, module: str, weights: str, sha256: str = "") -> str:
    """Return the whole file.

    Args:
        subject: The network.
        module: Name of the file without its suffix.
        weights: Name of the file of weights beside it.
        sha256: SHA-256 of that file, once it is known.

    Raises:
        InputError: The network family does not write code.
    """
    about = subject.preprocessing
    result = subject.alone
    network = result.family.source(result.config, about.input_shape, about.n_outputs)
    if network is None:
        raise InputError(
            f"format 'python': the network family {result.family.name!r} has no source() method "
            "to write its networks as code; choose onnx, pt2 or safetensors."
        )
    shape = f"(n, {', '.join(map(str, about.input_shape))})"
    encoder = EncoderSource("", "") if about.table is None else encoder_source(about.table)
    given = OF_ARRAYS if about.table is None else OF_ROWS
    words = {
        name: Template(text).substitute(shape=shape, input_shape=about.input_shape)
        for name, text in given.items()
    }
    needs_functional = "functional." in network.helpers + "".join(network.steps)
    return Template(FILE).substitute(
        dataset=_harmless(result.facts["dataset"]),
        module=module,
        weights=weights,
        sha256=sha256,
        summary=textwrap.fill(f"{network.title}: {_figures(subject)}.", WIDTH),
        images=_images(about),
        names="predict" if about.classes is None else "predict, predict_proba",
        answer="values" if about.classes is None else "labels",
        shape=shape,
        imports=encoder.imports,
        encoder=encoder.code,
        **words,
        functional="from torch.nn import functional\n" if needs_functional else "",
        constants=_constants(about),
        clip=_clip(about),
        helpers=network.helpers,
        title=textwrap.fill(f"{network.title}.", WIDTH, subsequent_indent="    "),
        layers=textwrap.indent("\n".join(network.layers), " " * 8),
        steps=textwrap.indent("\n".join(network.steps), " " * 8),
        n_outputs=about.n_outputs,
        memory=".to(memory_format=torch.channels_last)" if result.family.convolutional else "",
        answers=Template(ANSWERS[about.task]).substitute(
            n_outputs=about.n_outputs,
            **words,
            answered="(n,)" if about.flat_targets else f"(n, {about.n_outputs})",
            steps=textwrap.indent(_target_steps(about), " " * 4),
        ),
    )


def _images(about: Preprocessing) -> str:
    """Return a paragraph on what files of images become; empty if training had none."""
    if about.images is None:
        return ""
    return f"{textwrap.fill(f'Samples are {about.images.description}.', WIDTH)}\n\n"


def _clip(about: Preprocessing) -> str:
    """Return the code that clips columns smoothly; empty if there are none."""
    if not about.x_clipped:
        return ""
    tails, limit = "part[:, CLIPPED]", f"{SOFT_LIMIT:g}"
    code = f"{tails} /= np.hypot(1, {tails} / {limit})  # within -{limit} and {limit}"
    return f"{' ' * 12}{code}\n"


def _harmless(name: str) -> str:
    """Return a file's name with the characters that a docstring can hold."""
    return name.replace("\\", "/").replace('"', "'")


def _figures(subject: Subject) -> str:
    metrics = subject.alone.metrics
    exact = (cost for cost in described_costs(metrics.costs) if cost.repeats_exactly)
    parts = [cost.in_words(metrics.costs[cost.name]) for cost in exact]
    test = metrics.quality.test
    if test is not None:
        parts.append(f"test {test.described.title} {test.format()}")
    return ", ".join(parts)


def _constants(about: Preprocessing) -> str:
    """Return the code of the clipped columns, and of the labels or the targets' statistics."""
    clipped = f"{assignment('CLIPPED', about.x_clipped)}\n" if about.x_clipped else ""
    return clipped + _answer_constants(about)


def _answer_constants(about: Preprocessing) -> str:
    if about.classes is None:
        targets = about.targets
        code = (
            f"{assignment('MEANS', targets.center.tolist())}\n"
            f"{assignment('DEVIATIONS', targets.spread.tolist())}\n"
            "TARGET_MEAN, TARGET_STD = np.array(MEANS), np.array(DEVIATIONS)"
        )
        if not len(targets.logged):
            return code
        limits = zip(("LOWEST", "HIGHEST"), targets.bounds, strict=True)
        lists = [assignment(name, values.tolist()) for name, values in limits]
        logs = assignment("LOGS", targets.logged.tolist())
        return "\n".join([code, f"{logs}  # targets that are learned as logarithms", *lists])
    dtype = np.dtype(about.label_dtype)
    given = f', dtype="{dtype.name}"' if dtype.kind in "iu" and dtype != np.int64 else ""
    if about.label_values is not None:
        values = f"VALUES = np.array({list(about.label_values)!r}{given})"
        return f"{assignment('LABELS', about.classes)}\n{values}  # of a label: not there, there"
    return f"{assignment('LABELS', about.classes)}\nCLASSES = np.array(LABELS{given})"


def _target_steps(about: Preprocessing) -> str:
    """Return the code from the scaled values of a regression to those in the targets' unit."""
    column = "[:, 0]" if about.flat_targets else ""
    values = "scaled * TARGET_STD + TARGET_MEAN"
    if not len(about.targets.logged):
        return f"return ({values}){column}" if column else f"return {values}"
    logs = "values[:, LOGS]"
    undone = f"{logs} = np.exp(np.clip({logs}, LOWEST, HIGHEST))"
    return f"values = {values}\n{undone}\nreturn values{column}"


FILE = '''"""The network that optuna_dnc found on $dataset.

$summary

    from $module import $names

    $answer = predict($x)  # $samples, $as_what

${images}Needs torch, numpy and safetensors, and $weights beside this file.
"""

from __future__ import annotations

import hashlib
${imports}from functools import cache
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load as load_tensors
from torch import nn
$functional
WEIGHTS = Path(__file__).with_name("$weights")
SHA256 = "$sha256"
${array_shape}BATCH = 1024

$constants


${encoder}${helpers}class Network(nn.Module):
    """$title"""

    def __init__(self) -> None:
        super().__init__()
        # What raw features or channels are shifted and divided by; load() sets them.
        self.mean, self.std = np.zeros(1), np.ones(1)
$layers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Outputs (n, $n_outputs) for normalized samples $shape."""
$steps


def load(path: str | Path = WEIGHTS) -> Network:
    """The trained network, in eval mode on the CPU; ValueError where it is damaged."""
    content = Path(path).read_bytes()
    if path == WEIGHTS and hashlib.sha256(content).hexdigest() != SHA256:
        raise ValueError(f"{path} is damaged; export the network again")
    tensors = load_tensors(content)
    network = Network()
    network.mean, network.std = (tensors.pop(name).numpy() for name in ("mean", "std"))
    network.load_state_dict(tensors)
    return network$memory.eval()


@cache
def trained() -> Network:
    """The network of the weights beside this file, read once."""
    return load()


def outputs($argument, network: Network | None = None) -> torch.Tensor:
    """Outputs (n, $n_outputs) for $samples, batch by batch."""
$convert
    network = network or trained()
    device = next(network.parameters()).device
    parts = []
    with torch.inference_mode():
        for start in range(0, max(1, len(x)), BATCH):
            part = (x[start : start + BATCH] - network.mean) / network.std
$clip            inputs = torch.from_numpy(part.astype(np.float32))
            parts.append(network(inputs.to(device)).cpu())
    return torch.cat(parts)


$answers'''

ANSWERS = {
    "classification": '''\
def predict_proba($argument, network: Network | None = None) -> np.ndarray:
    """Probabilities (n, $n_outputs) for $samples, in the order of CLASSES."""
    return outputs($x, network).double().softmax(dim=1).numpy()


def predict($argument, network: Network | None = None) -> np.ndarray:
    """Labels (n,) for $samples."""
    return CLASSES[predict_proba($x, network).argmax(axis=1)]
''',
    "multilabel": '''\
def predict_proba($argument, network: Network | None = None) -> np.ndarray:
    """Probabilities (n, $n_outputs) that each of LABELS is there, for $samples."""
    return outputs($x, network).double().sigmoid().numpy()


def predict($argument, network: Network | None = None) -> np.ndarray:
    """Values (n, $n_outputs), one of VALUES for each of LABELS, for $samples."""
    return VALUES[(predict_proba($x, network) > 0.5).astype(int)]
''',
    "regression": '''\
def predict($argument, network: Network | None = None) -> np.ndarray:
    """Values $answered in the targets' unit, for $samples."""
    scaled = outputs($x, network).double().numpy()
$steps
''',
}

OF_ARRAYS = {
    "argument": "x: np.ndarray",
    "x": "x",
    "samples": "raw samples $shape",
    "as_what": "as in the training data",
    "array_shape": "INPUT_SHAPE = $input_shape\n",
    "convert": """\
    x = np.asarray(x)
    if x.shape[1:] != INPUT_SHAPE:
        raise ValueError(f"x has shape {x.shape}; expected is $shape")""",
}
"""What differs where samples are arrays."""

OF_ROWS = {
    "argument": "rows: list[dict]",
    "x": "rows",
    "samples": "rows",
    "as_what": "dicts with the keys of COLUMNS",
    "array_shape": "",
    "convert": "    x = encode(rows).numpy()",
}
"""What differs where they are rows of a table."""

"""Python format: one readable file with exactly this network, and its weights beside it."""

from __future__ import annotations

import hashlib
import importlib.util
import keyword
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import nn
from typing_extensions import override

from optuna_dnc._errors import InputError, cut
from optuna_dnc.export.deployed import raw_moments
from optuna_dnc.export.export_format import ExportFormat
from optuna_dnc.export.python_source import python_source
from optuna_dnc.export.subject import Raw, Subject


class PythonFormat(ExportFormat):
    """A module with ``load``, ``predict`` and, for classifiers, ``predict_proba``."""

    name = "python"
    suffix = ".py"

    @override
    def check_name(self, path: Path) -> None:
        super().check_name(path)
        if not path.stem.isidentifier() or keyword.iskeyword(path.stem):
            raise InputError(
                f"out: {path.name} could not be imported; use letters, digits and _ only."
            )

    @override
    def files(self, path: Path) -> tuple[Path, ...]:
        return path, path.with_name(f"{path.stem}_weights.safetensors")

    @override
    def write(self, subject: Subject, path: Path, drafts: Sequence[Path]) -> None:
        code, weights = drafts
        names = path.stem, self.files(path)[1].name
        code.write_text(python_source(subject, *names), "utf-8")
        tensors = handed_over(subject.network, _imported(code).Network())
        mean, std = raw_moments(subject.preprocessing)
        statistics = {"mean": torch.from_numpy(mean), "std": torch.from_numpy(std)}
        content = save(tensors | statistics, metadata={"format": "pt"})
        weights.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        code.write_text(python_source(subject, *names, sha256), "utf-8")

    @override
    def answers(self, subject: Subject, drafts: Sequence[Path], x: Raw) -> NDArray[Any]:
        code, weights = drafts
        module = _imported(code)
        answer = getattr(module, "predict_proba", module.predict)
        return np.reshape(answer(subject.rows(x), module.load(weights)), (len(x), -1))

    @override
    def takes(self, subject: Subject) -> str:
        table = subject.preprocessing.table
        if table is None:
            return super().takes(subject)
        names = cut(", ".join(column.name for column in table.used), 200)
        return f"a list of rows as dictionaries with {names}"


def _imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("exported_network", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # No __pycache__ beside the user's file.
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


def handed_over(ours: nn.Module, theirs: nn.Module) -> dict[str, torch.Tensor]:
    """Return our weights by the names of their layers, which are created in the same order."""
    pairs = zip(_layers(ours), _layers(theirs), strict=True)
    return {
        f"{name}.{leaf}": tensor.contiguous()
        for (_, layer), (name, _) in pairs
        for leaf, tensor in layer.state_dict().items()
    }


def _layers(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the modules that hold tensors themselves, in the order of their creation."""
    return [
        (name, module)
        for name, module in network.named_modules()
        if not list(module.children()) and module.state_dict()
    ]

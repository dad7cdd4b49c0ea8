"""Ensembles are exported as one graph."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from optuna_dnc import InputError
from optuna_dnc.ensemble import Ensemble
from optuna_dnc.export import export_model
from optuna_dnc.export.subject import Averaged
from optuna_dnc.search import SearchResult
from tests.searches import Arrays


@pytest.fixture
def ensemble(result: SearchResult, classes: Arrays) -> Ensemble:
    return result.ensemble(2, data=classes, device="cpu")


def test_the_file_answers_as_the_ensemble(ensemble: Ensemble, classes: Arrays) -> None:
    exported = export_model(ensemble, "pt2")
    assert exported.files[0].parent == ensemble.path / "export"
    assert len(ensemble.members) > 1
    module = torch.export.load(exported.files[0]).module()
    with torch.inference_mode():
        answers = module(torch.from_numpy(classes[2].astype(np.float32))).numpy()
    np.testing.assert_allclose(answers, ensemble.predict_proba(classes[2]), atol=1e-6)


@pytest.mark.parametrize("form", ["python", "safetensors"])
def test_formats_of_single_networks_are_refused(ensemble: Ensemble, form: str) -> None:
    with pytest.raises(InputError, match="must be 'onnx' or 'pt2' for an ensemble"):
        export_model(ensemble, form)


def test_outputs_of_a_regression_are_averaged() -> None:
    networks = [torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)]
    x = torch.rand(4, 3)
    mean = Averaged(networks, (0.25, 0.75), is_classifier=False)(x)
    expected = 0.25 * networks[0](x) + 0.75 * networks[1](x)
    torch.testing.assert_close(mean.float(), expected)

"""What exported files answer to real samples, where this package cannot be imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from safetensors import safe_open

from optuna_dnc.export import FORMATS, export_model
from optuna_dnc.search import SearchResult
from tests.export.conftest import SPACES, data_for
from tests.searches import made_once

GRAPHS = ("cnn", "resnet", "regression", "labels")
"""Searches that are exported as graphs too, which takes seconds."""

READER = """
import importlib.util, os, sys
sys.modules["optuna_dnc"] = None  # any import of it fails
import numpy as np, torch

for folder in sys.argv[1:]:
    x = np.load(f"{folder}/x.npy")
    spec = importlib.util.spec_from_file_location("network", f"{folder}/network.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    answers = {"labels": module.predict(x), "outputs": module.outputs(x, module.load()).numpy()}
    if hasattr(module, "predict_proba"):
        answers["probabilities"] = module.predict_proba(x)
    if os.path.exists(f"{folder}/network.pt2"):
        program = torch.export.load(f"{folder}/network.pt2").module()
        raw = torch.from_numpy(x)
        with torch.inference_mode():
            answers["pt2"] = program(raw).numpy()
            answers["pt2_of_one"] = program(raw[:1]).numpy()
    np.savez(f"{folder}/answers.npz", **answers)
"""


@pytest.fixture(scope="session")
def exported(searches: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every search in every format, and what a process without this package makes of them."""

    def make(folder: Path) -> None:
        for kind in SPACES:
            result, data = SearchResult.load(searches / kind), data_for(kind)
            for name, form in FORMATS.items():
                if kind in GRAPHS or name not in ("onnx", "pt2"):
                    export_model(result, name, folder / kind / f"network{form.suffix}", data=data)
            np.save(folder / kind / "x.npy", data[2])
        folders = [str(folder / kind) for kind in SPACES]
        subprocess.run([sys.executable, "-c", READER, *folders], check=True, cwd=folder)

    return made_once(tmp_path_factory, "exported", make)


@pytest.fixture(params=SPACES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def result(searches: Path, kind: str) -> SearchResult:
    return SearchResult.load(searches / kind)


@pytest.fixture
def expected(result: SearchResult, kind: str) -> np.ndarray:
    """Probabilities, or values in units of the targets' standard deviation."""
    x = data_for(kind)[2]
    return result.predict(x) / _unit(result) if kind == "regression" else result.predict_proba(x)


def _unit(result: SearchResult) -> np.ndarray:
    return np.array(result.preprocessing().y_std or 1.0)


@pytest.mark.parametrize("kind", GRAPHS)
def test_onnx_answers_as_the_network(
    exported: Path, kind: str, result: SearchResult, expected: np.ndarray
) -> None:
    session = onnxruntime.InferenceSession(exported / kind / "network.onnx")
    x = data_for(kind)[2]
    for n in (1, 30):
        (answers,) = session.run(None, {"x": x[:n]})
        np.testing.assert_allclose(answers / _unit(result), expected[:n], atol=1e-6)


def test_onnx_holds_the_labels(exported: Path) -> None:
    session = onnxruntime.InferenceSession(exported / "cnn" / "network.onnx")
    held = session.get_modelmeta().custom_metadata_map
    assert json.loads(held["classes"]) == ['a "bee"', "an ant", "ü"]
    assert session.get_outputs()[0].name == "probabilities"
    regression = onnxruntime.InferenceSession(exported / "regression" / "network.onnx")
    assert regression.get_outputs()[0].name == "values"


@pytest.mark.parametrize("kind", GRAPHS)
def test_pt2_answers_as_the_network(
    exported: Path, kind: str, result: SearchResult, expected: np.ndarray
) -> None:
    with np.load(exported / kind / "answers.npz") as answers:
        unit = _unit(result)
        np.testing.assert_allclose(answers["pt2"] / unit, expected, atol=1e-6)
        np.testing.assert_allclose(answers["pt2_of_one"] / unit, expected[:1], atol=1e-6)


def test_python_answers_as_the_network(
    exported: Path, kind: str, result: SearchResult, expected: np.ndarray
) -> None:
    x = data_for(kind)[2]
    with np.load(exported / kind / "answers.npz") as answers:
        outputs = result.model()(result.preprocessing().transform(x)).detach().numpy()
        np.testing.assert_allclose(answers["outputs"], outputs, atol=1e-6)
        if kind == "regression":
            np.testing.assert_allclose(answers["labels"] / _unit(result), expected, atol=1e-6)
        else:
            np.testing.assert_allclose(answers["probabilities"], expected, atol=1e-6)
            assert answers["labels"].dtype == result.predict(x).dtype
            assert answers["labels"].tolist() == result.predict(x).tolist()


def test_safetensors_hold_the_weights_and_what_describes_them(
    exported: Path, kind: str, result: SearchResult
) -> None:
    with safe_open(exported / kind / "network.safetensors", framework="pt") as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        about = json.loads(file.metadata()["optuna_dnc"])
    ours = result.model().state_dict()
    assert all((weights[name] == tensor).all() for name, tensor in ours.items())
    config = json.loads((result.path / "config.json").read_text())
    assert about | config == about | {"schema": config["schema"]}


def test_an_export_says_how_large_it_is_and_what_it_saw(
    result: SearchResult, kind: str, tmp_path: Path
) -> None:
    export = export_model(result, "python", tmp_path / "net.py", data=data_for(kind))
    assert [file.name for file in export.files] == ["net.py", "net_weights.safetensors"]
    assert export.n_bytes == sum(file.stat().st_size for file in export.files)
    assert export.largest_deviation < 1e-6
    assert (export.n_samples, export.samples) == (30, "samples of arrays")

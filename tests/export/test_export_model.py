"""What an export refuses, and that it leaves nothing half done."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from optuna_dnc import InputError, _files
from optuna_dnc.export import FORMATS, export_model
from optuna_dnc.export.deployed import raw_dtype
from optuna_dnc.export.python_format import _imported
from optuna_dnc.nets import MLPFamily
from optuna_dnc.search import SearchResult, StagedSearch
from tests.export.conftest import FAST, SPACES, data_for
from tests.interruption import Killed

ResultOf = Callable[[str], SearchResult]


def test_without_a_name_it_lies_in_the_runs_folder(result_of: ResultOf) -> None:
    result = result_of("mlp")
    export = export_model(result, "safetensors")
    assert export.files == (result.path / "export" / "network.safetensors",)
    assert export.samples == "samples drawn like the training data"


@pytest.mark.parametrize("kind", SPACES)
def test_drawn_samples_are_as_the_network_wants_them(result_of: ResultOf, kind: str) -> None:
    assert export_model(result_of(kind), "python").n_samples == 256


def test_a_file_without_a_test_set_has_samples_to_try_it_on(
    result_of: ResultOf, tmp_path: Path
) -> None:
    x, y, *_ = data_for("mlp")
    np.savez(tmp_path / "mine.npz", xtr=x, ytr=y)
    export = export_model(
        result_of("mlp"), "python", tmp_path / "new" / "net.py", data=tmp_path / "mine.npz"
    )
    assert (export.n_samples, export.samples) == (60, "samples of mine.npz")


def test_a_file_of_ones_own_may_have_the_name_of_a_known_data_set(tmp_path: Path) -> None:
    x, y, *_ = data_for("mlp")
    np.savez(tmp_path / "digits.npz", xtr=x, ytr=y)
    result = StagedSearch(
        tmp_path / "digits.npz", network="mlp", space=SPACES["mlp"], out=tmp_path / "run", **FAST
    ).run()
    export = export_model(result, "python")
    assert export.samples == "samples drawn like the training data"


@pytest.mark.parametrize("format", ["onnx", "pt2"])
def test_a_file_that_cannot_be_written_is_no_fault_of_the_network(
    result_of: ResultOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    # Whoever runs the tests may be allowed to write anywhere.
    nowhere = tmp_path / "nowhere" / f"draft.{format}"
    monkeypatch.setattr(_files, "create_draft", lambda path: nowhere)
    with pytest.raises(InputError, match=r"^out: .*net\..* cannot be written .*No such file"):
        export_model(result_of("mlp"), format, tmp_path / f"net.{format}")


def test_an_export_killed_between_its_two_files_is_done_by_the_next_call(
    result_of: ResultOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, path = result_of("mlp"), tmp_path / "net.py"
    export_model(result, "python", tmp_path / "whole" / "net.py")
    rename = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if target == path:
            raise Killed
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(Killed):
            export_model(result, "python", path)
    assert [entry.name for entry in tmp_path.glob("net*")] == ["net_weights.safetensors"]
    export_model(result, "python", path)
    for file in (tmp_path / "whole").iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()


def test_exported_weights_that_have_changed_are_refused(
    result_of: ResultOf, tmp_path: Path
) -> None:
    path, weights = export_model(result_of("mlp"), "python", tmp_path / "net.py").files
    x = data_for("mlp")[0][:3]
    module = _imported(path)
    module.predict(x)
    content = bytearray(weights.read_bytes())
    content[-3] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ValueError, match="is damaged; export the network again"):
        _imported(path).predict(x)


@pytest.mark.parametrize("taken", ["net.py", "net_weights.safetensors"])
def test_no_file_is_overwritten(result_of: ResultOf, tmp_path: Path, taken: str) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / taken).write_text("mine")
    with pytest.raises(InputError, match=f"{taken} exists and is not overwritten"):
        export_model(result_of("mlp"), "python", tmp_path / "new" / "net.py")
    assert [path.read_text() for path in (tmp_path / "new").iterdir()] == ["mine"]


def test_a_file_that_answers_otherwise_is_not_written(
    result_of: ResultOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = type(FORMATS["python"]).answers
    monkeypatch.setattr(
        type(FORMATS["python"]), "answers", lambda *arguments: answers(*arguments) + 0.01
    )
    with pytest.raises(InputError, match=r"deviate by up to 0\.01 from the network"):
        export_model(result_of("mlp"), "python", tmp_path / "new" / "net.py")
    assert list((tmp_path / "new").iterdir()) == []


def test_an_interrupted_export_leaves_nothing(
    result_of: ResultOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(FORMATS["python"]), "answers", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export_model(result_of("mlp"), "python", tmp_path / "new" / "net.py")
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize(
    ("form", "out", "words"),
    [
        ("onx", None, "'onx' is unknown.*Did you mean 'onnx'"),
        ("onnx", "net.pb", "must end in .onnx"),
        ("python", "my-net.py", "could not be imported"),
        ("python", "class.py", "could not be imported"),
    ],
)
def test_wrong_names_are_refused(
    result_of: ResultOf, tmp_path: Path, form: str, out: str | None, words: str
) -> None:
    result = result_of("mlp")
    before = sorted(result.path.iterdir())
    with pytest.raises(InputError, match=words):
        export_model(result, form, out and tmp_path / out)
    assert sorted(result.path.iterdir()) == before


def test_samples_of_another_shape_are_refused(result_of: ResultOf, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((3, 9)))
    with pytest.raises(InputError, match=r"shape \(3, 9\)"):
        export_model(result_of("mlp"), "python", data=tmp_path / "x.npy")
    np.save(tmp_path / "none.npy", np.zeros((0, 4)))
    with pytest.raises(InputError, match="no samples"):
        export_model(result_of("regression"), "python", data=tmp_path / "none.npy")


def test_a_missing_package_names_its_extra(
    result_of: ResultOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match=r"needs onnxruntime.*optuna-dnc\[export\]"):
        export_model(result_of("mlp"), "onnx")


def test_damaged_weights_are_told_in_one_line(result_of: ResultOf) -> None:
    result = result_of("mlp")
    (result.path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(InputError, match=r"model\.safetensors is damaged"):
        export_model(result, "safetensors")


def test_raw_features_far_from_zero_are_taken_in_float64(searches: Path) -> None:
    near, far = (SearchResult.load(searches / kind).preprocessing() for kind in ("resnet", "mlp"))
    assert str(raw_dtype(near)) == "torch.float32"
    assert str(raw_dtype(far)) == "torch.float64"


class _OwnFamily(MLPFamily):
    name: ClassVar[str] = "own"

    def source(self, config: Any, input_shape: tuple[int, ...], n_outputs: int) -> None:
        """Writes no code."""


def test_networks_of_ones_own_are_no_python_code_but_a_graph(tmp_path: Path) -> None:
    family = _OwnFamily(**SPACES["mlp"])
    result = StagedSearch(data_for("mlp"), network=family, out=tmp_path / "run", **FAST).run()
    with pytest.raises(InputError, match="the network family 'own' has no source"):
        export_model(result, "python")
    assert export_model(result, "pt2").largest_deviation < 1e-6
    assert [path.name for path in (tmp_path / "run" / "export").iterdir()] == ["network.pt2"]

"""A folder of images in, predictions for image files out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pyarrow import csv

from optuna_dnc._errors import InputError
from optuna_dnc._files import DamagedFile
from optuna_dnc.refit import Refit
from optuna_dnc.results import predictor
from optuna_dnc.results.run_data import data_of_run
from optuna_dnc.runs.schema_types import check_schema
from optuna_dnc.runs.stored_preprocessing import StoredPreprocessing
from optuna_dnc.search import SearchResult, StagedSearch
from tests.cli.conftest import FASTEST, Run
from tests.searches import SMALL


def write_images(folder: Path, n: int = 30) -> None:
    """Dark and bright images of 8 x 8 pixels."""
    rng = np.random.default_rng(0)
    for label, mean in (("bright", 170), ("dark", 80)):
        (folder / label).mkdir(parents=True)
        for index in range(n):
            pixels = rng.normal(mean, 30, (8, 8)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{index:02}.png")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with images and a search on them."""
    folder = tmp_path_factory.mktemp("finished")
    write_images(folder / "lamps" / "train")
    write_images(folder / "lamps" / "test", 10)
    settings = SMALL | {"epochs": 8, "n_startup_trials": 1, "n_steps": 0, "refit": True}
    StagedSearch(folder / "lamps", out=folder / "run", **settings).run()
    return folder


def test_each_file_has_a_line_with_its_label(
    run: Run, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(finished)
    outcome = run("predict", finished / "run", finished / "lamps")
    result = SearchResult.load(finished / "run")
    test = finished / "lamps" / "test"
    files = sorted(test.glob("*/*.png"))
    labels = result.predict(files)
    expected = [f"{file}\t{label}" for file, label in zip(files, labels, strict=True)]
    assert outcome.out.splitlines() == expected
    accuracy = f"{result.best.test_accuracy:.4f}"
    assert outcome.err == f"Accuracy {accuracy} on the 20 labels of the file.\n"
    single = run("predict", finished / "run", files[3])
    assert (single.out, single.err) == (f"{expected[3]}\n", "")


def test_files_are_read_as_in_training(finished: Path, tmp_path: Path) -> None:
    result = SearchResult.load(finished / "run")
    images = [Image.open(path) for path in sorted((finished / "lamps/test").glob("*/*.png"))]
    folder = tmp_path / "large"
    folder.mkdir()
    for index, image in enumerate(images):
        image.resize((16, 16), Image.Resampling.NEAREST).convert("RGB").save(
            folder / f"{index:02}.png"
        )
    pixels = np.stack([np.asarray(image) for image in images])[:, None]
    shares = result.predict_proba(folder)
    assert np.abs(shares - result.predict_proba(pixels)).max() < 0.1
    assert np.array_equal(result.predict_proba(str(finished / "lamps/test/dark")).shape, (10, 2))


def test_folders_that_are_no_classes_are_no_labels(
    run: Run, finished: Path, tmp_path: Path
) -> None:
    write_images(tmp_path / "unsorted" / "2024", 2)
    assert run("predict", finished / "run", tmp_path / "unsorted").err == ""


def test_json_and_tables_have_the_files(run: Run, finished: Path, tmp_path: Path) -> None:
    folder = finished / "lamps/test/dark"
    answer = json.loads(run("predict", finished / "run", folder, "--json").out)
    assert sorted(answer) == ["files", "predictions"]
    assert answer["files"] == [str(path) for path in sorted(folder.iterdir())]
    assert run("predict", finished / "run", folder, "--out", "p.csv", "--proba").code == 0
    written = csv.read_csv(tmp_path / "p.csv")
    assert written.column_names == [
        "file",
        "prediction",
        "probability of bright",
        "probability of dark",
    ]
    assert written["prediction"].to_pylist() == answer["predictions"]


def test_images_are_read_batch_by_batch(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = SearchResult.load(finished / "run")
    whole = result.predict(finished / "lamps/test")
    monkeypatch.setattr(predictor, "BATCH", 7)
    done: list[int] = []
    parts = result.predict(finished / "lamps/test", on_progress=done.append)
    assert np.array_equal(parts, whole)
    assert done == [7, 14, 20]


def test_a_refit_finds_the_folder(run: Run, finished: Path) -> None:
    outcome = run("refit", finished / "run", "--epochs", "1")
    assert outcome.code == 0, outcome.err
    assert len(Refit.load(finished / "run").predict(finished / "lamps/test")) == 20


def test_a_changed_folder_is_noticed(finished: Path, tmp_path: Path) -> None:
    write_images(tmp_path / "train", 4)
    settings = {"task": None, "max_train": None, "seed": 0, "data": "0" * 64}
    with pytest.raises(InputError, match="holds other samples"):
        data_of_run(finished / "run", settings, tmp_path)


def test_networks_of_arrays_of_bytes_take_files_and_others_do_not(
    run: Run, finished: Path, tmp_path: Path
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 1, 4, 4), dtype=np.uint8)
    for name, x in (("bytes", pixels), ("floats", pixels / 255)):
        np.savez(f"{name}.npz", xtr=x, ytr=np.arange(40) % 2)
        searched = run("search", f"{name}.npz", "--network", "mlp", "--out", name, *FASTEST)
        assert searched.code == 0, searched.err
    folder = finished / "lamps/test/dark"
    assert len(run("predict", "bytes", folder).out.splitlines()) == 10
    refused = run("predict", "floats", folder)
    assert refused.code == 2
    assert "training had arrays of shape (1, 4, 4) whose unit is unknown" in refused.err


def test_a_table_of_paths(run: Run, finished: Path, tmp_path: Path) -> None:
    lines = [
        f"{finished}/lamps/train/{label}/{index:02}.png,{label}"
        for label in ("bright", "dark")
        for index in range(30)
    ]
    Path("lamps.csv").write_text("\n".join(["path,lamp", *lines]))
    options = ("--target", "lamp", "--image", "path", "--network", "mlp", "--out", "out")
    searched = run("search", "lamps.csv", *options, *FASTEST)
    assert searched.code == 0, searched.err
    (tmp_path / "new").mkdir()
    Image.new("L", (8, 8), 90).save("new/a.png")
    Path("new/more.csv").write_text("lamp,path\ndark,a.png\n")
    predicted = run("predict", "out", "new/more.csv")
    assert predicted.out.startswith("new/a.png\t")
    assert "on the 1 labels of the file" in predicted.err
    Path("new/other.csv").write_text("lamp\ndark\n")
    assert "lacks the column 'path' with the paths" in run("predict", "out", "new/other.csv").err


@pytest.mark.parametrize("source", ["lamps", "lamps --image-size 0", "lamps/train/dark"])
def test_nothing_is_written_where_images_are_refused(
    run: Run, tmp_path: Path, source: str
) -> None:
    write_images(tmp_path / "lamps" / "train", 3)
    (tmp_path / "lamps/train/dark/0.png").write_text("no image")
    outcome = run("search", *source.split())
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lamps"]


@pytest.mark.parametrize(
    ("entry", "value"), [("height", 9), ("channels", 2), ("dtype", "uint16"), ("column", 3)]
)
def test_damaged_descriptions_of_images_are_refused(
    finished: Path, entry: str, value: Any
) -> None:
    stored = json.loads((finished / "run/config.json").read_text())["preprocessing"]
    check_schema(Path("config.json"), stored, StoredPreprocessing)
    stored["images"][entry] = value
    with pytest.raises(DamagedFile):
        check_schema(Path("config.json"), stored, StoredPreprocessing)


def test_exports_say_what_images_they_take(run: Run, finished: Path) -> None:
    outcome = run("export", finished / "run", "--format", "python", "--out", "lamp.py")
    words = "grey images of 8 x 8 pixels (height x width), uint8"
    assert f"Input: raw samples (n, 1, 8, 8) uint8: {words}; others are scaled" in outcome.out
    assert words in " ".join(Path("lamp.py").read_text().split())

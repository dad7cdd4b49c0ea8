"""Every wrong input ends with exit code 2 and one clear line, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import FAST, FASTEST, FINISHED, Outcome, Run
from tests.processes import Process, command, needs_fork

Write = Callable[..., Path]

in_finished_search = pytest.mark.usefixtures("in_finished_search")


def assert_refused(outcome: Outcome, *words: str) -> None:
    """Exit code 2, nothing on stdout, one line on stderr that holds the words."""
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.startswith("optuna-dnc: ")
    assert outcome.err.count("\n") == 1
    assert "Traceback" not in outcome.err
    for word in words:
        assert word in outcome.err


@pytest.fixture(autouse=True)
def _nothing_written(tmp_path: Path) -> Iterator[None]:
    yield
    assert not (tmp_path / "runs").exists()


def test_missing_file(run: Run) -> None:
    assert_refused(run("search", "no_such.npz"), "no_such.npz", "does not exist")


def test_not_an_npz(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("hello")
    assert_refused(run("search", "text.npz"), "text.npz", "not an .npz file")


def test_missing_key(run: Run, npz: Write) -> None:
    assert_refused(run("search", npz(yte=None)), "lacks yte", "xtr", "ytr", "xte")


def test_object_arrays_are_not_unpickled(run: Run, npz: Write, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "unpickled"),)

    outcome = run("search", npz(ytr=np.array([Trap()] * 90, dtype=object)))
    assert_refused(outcome, "ytr", "Python objects")
    assert not (tmp_path / "unpickled").exists()


def test_lengths_that_differ(run: Run, npz: Write) -> None:
    assert_refused(run("search", npz(ytr=np.arange(80) % 3)), "90", "80")


def test_nan_is_located(run: Run, npz: Write, arrays: dict[str, np.ndarray]) -> None:
    x = arrays["xtr"].copy()
    x[7, 2] = np.nan
    assert_refused(run("search", npz(xtr=x)), "xtr", "7", "2")


def test_infinity_is_located(run: Run, npz: Write, arrays: dict[str, np.ndarray]) -> None:
    x = arrays["xte"].copy()
    x[5, 1] = np.inf
    assert_refused(run("search", npz(xte=x)), "xte", "5", "1")


def test_test_labels_never_trained_on(run: Run, npz: Write) -> None:
    assert_refused(run("search", npz(yte=np.arange(30) % 4)), "yte", "3")


def test_a_class_with_a_single_sample(run: Run, npz: Write) -> None:
    labels = np.arange(90) % 3
    labels[0] = 9
    assert_refused(run("search", npz(ytr=labels)), "9", "single")


def test_empty_arrays(run: Run, npz: Write) -> None:
    assert_refused(run("search", npz(xtr=np.empty((0, 4)), ytr=np.empty(0, int))), "empty")


def test_float_labels_for_classification(run: Run, npz: Write) -> None:
    assert_refused(run("search", npz(ytr=np.arange(90) % 3 * 1.0)), "ytr", "--task regression")
    outcome = run("search", npz(ytr=np.arange(90) + 0.5), "--task", "classification")
    assert_refused(outcome, "ytr", "classification")


def test_images_without_channels(run: Run, npz: Write) -> None:
    outcome = run("search", npz(xtr=np.zeros((90, 8, 8)), xte=np.zeros((30, 8, 8))))
    assert_refused(outcome, "(90, 8, 8)", "channels")


def test_unknown_data_set(run: Run) -> None:
    assert_refused(run("search", "fashon-mnist"), "'fashon-mnist'", "Did you mean 'fashion-mnist'")


def test_unknown_network(run: Run) -> None:
    assert_refused(run("search", "digits", "--network", "cn"), "'cn'", "Did you mean 'cnn'")


def test_unknown_range(run: Run) -> None:
    outcome = run("search", "digits", "--space", "widht=2:4")
    assert_refused(outcome, "'widht'", "Did you mean 'width'")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--wc", "-1"),
        ("--wc", "nan"),
        ("--epochs", "0"),
        ("--startup", "0"),
        ("--steps", "-1"),
        ("--val-fraction", "1.5"),
        ("--penalize", "flops"),
        ("--preset", "better"),
        ("--batch-size", "0"),
        ("--timeout", "0"),
        ("--seed", "-1"),
        ("--baseline", "0"),
        ("--patience", "0"),
        ("--device", "abacus"),
        ("--strategy", "both"),
        ("--sampler", "tpe"),
        ("--pruner", "asha"),
        ("--budget", "0"),
        ("--budget", "29"),
    ],
)
def test_values_out_of_range(run: Run, option: str, value: str) -> None:
    outcome = run("search", "digits", option, value)
    assert_refused(outcome, value)
    assert option.strip("-").replace("-", "_") in outcome.err.replace("-", "_")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--epochs", "9", "--budget", "8"), ("budget", "9 epochs", "raise it", "got 8")),
        (("--pruner", "hyperband", "--epochs", "2"), ("epochs", "at least 3", "'none'", "got 2")),
        (("--strategy", "joint", "--epochs", "1"), ("epochs", "at least 3", "'none'", "got 1")),
        (("--pruner", "hyperband", "--preset", "deep-n-cheap"), ("preset", "Hyperband", "median")),
        (("--sampler", "bohb", "--preset", "deep-n-cheap"), ("preset", "sampler 'dnc'")),
        (("--strategy", "joint", "--preset", "deep-n-cheap"), ("preset", "strategy 'staged'")),
        (("--strategy", "joint", "--lr", "0.1"), ("lr", "training_space lr=LOW:HIGH", "got 0.1")),
        (("--strategy", "joint", "--batch-size", "64"), ("batch_size", "LOW:HIGH", "got 64")),
        (("--strategy", "joint", "--training-space", "lrr=1:2"), ("'lrr'", "Did you mean 'lr'")),
        (("--training-space", "momentum=0.1:0.9"), ("'momentum'",)),
    ],
)
def test_options_that_do_not_go_together(
    run: Run, options: tuple[str, ...], words: tuple[str, ...]
) -> None:
    assert_refused(run("search", "digits", *options), *words)


def test_a_resnet_for_vectors(run: Run, npz: Write) -> None:
    assert_refused(run("search", npz(), "--network", "resnet"), "resnet", "(4,)", "mlp")


def test_text_where_a_number_belongs(run: Run) -> None:
    assert_refused(run("search", "digits", "--epochs", "many"), "--epochs", "valid int")


def test_a_range_upside_down(run: Run) -> None:
    outcome = run("search", "digits", "--space", "n_layers=3:1")
    assert_refused(outcome, "n_layers", "lower bound first", "3")
    outcome = run("search", "digits", "--training-space", "lr=0.1:0.001")
    assert_refused(outcome, "lr", "lower bound first")


def test_a_space_without_equals_sign(run: Run) -> None:
    assert_refused(run("search", "digits", "--space", "width"), "--space", "NAME=LOW:HIGH")


def test_a_cnn_too_deep_for_the_image(run: Run, npz: Write) -> None:
    images = {"xtr": np.zeros((90, 1, 4, 4)), "xte": np.zeros((30, 1, 4, 4))}
    published = ("--network", "cnn", "--preset", "deep-n-cheap")
    assert_refused(run("search", npz(**images), *published), "too deep", "4 x 4")
    deep = ("--network", "cnn", "--space", "n_layers=4:4", "--space", "downsample_above=8,12,16")
    assert_refused(run("search", npz(**images), *deep), "too deep", "4 x 4")


def test_a_cnn_for_vectors(run: Run, npz: Write) -> None:
    assert_refused(run("search", npz(), "--network", "cnn"), "cnn", "(4,)", "mlp")


def test_unknown_option(run: Run) -> None:
    assert_refused(run("search", "digits", "--epoch", "3"), "--epoch")


def test_missing_argument(run: Run) -> None:
    assert_refused(run("search"), "DATA")


def test_unknown_command(run: Run) -> None:
    assert_refused(run("serach"), "serach")


def test_a_data_root_without_the_data(run: Run, tmp_path: Path) -> None:
    outcome = run("search", "mnist", "--data-root", tmp_path / "none", *FAST)
    assert_refused(outcome, "mnist", "--data-root")


def test_a_storage_that_cannot_be_reached(run: Run, npz: Write, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/no/such/folder/study.db"
    assert_refused(
        run("search", npz(), *FAST, "--out", "run", "--storage", url), "cannot be reached"
    )
    assert_refused(
        run("search", npz(), *FAST, "--out", "run", "--storage", "no-url"), "cannot be reached"
    )
    assert not (tmp_path / "run").exists()


@in_finished_search
def test_a_folder_of_another_search(run: Run) -> None:
    outcome = run(*FINISHED, "--wc", "7")
    assert_refused(outcome, "wc was 0.1, now 7.0", "--out")


def test_out_is_a_file(run: Run, npz: Write, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    assert_refused(run("search", npz(), *FAST, "--out", "notes"), "is a file")
    assert (tmp_path / "notes").read_text() == "mine"


def test_no_room_on_the_disk_from_the_start(
    run: Run, npz: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1, 1, 0))
    assert_refused(run("search", npz(), *FAST, "--out", "run"), "MiB of free space")
    assert not (tmp_path / "run").exists()


@needs_fork
def test_the_disk_fills_up_while_searching(run: Run, npz: Write, tmp_path: Path) -> None:
    search = ["search", npz(), *FASTEST, "--epochs", "20", "--out", "run", "--quiet"]

    def full() -> None:
        import resource  # of POSIX systems

        # A limit on the size of files stops writes as a full disk does.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))
        command(*search)()

    ended = Process(full, tmp_path).end()
    assert_refused(Outcome(ended.code, ended.out, ended.err), "disk full", "resume")
    assert run(*search).code == 0


def test_settings_file_that_is_missing_wrong_or_unknown(run: Run, tmp_path: Path) -> None:
    assert_refused(run("search", "digits", "--config", "no.toml"), "no.toml")
    (tmp_path / "bad.toml").write_text("wc = = 1")
    assert_refused(run("search", "digits", "--config", "bad.toml"), "bad.toml", "not valid TOML")
    (tmp_path / "odd.toml").write_text("epoch = 3")
    assert_refused(run("search", "digits", "--config", "odd.toml"), "'epoch'", "'epochs'")
    (tmp_path / "type.toml").write_text('epochs = "ten"')
    assert_refused(run("search", "digits", "--config", "type.toml"), "epochs", "'ten'")


def test_status_of_a_folder_without_a_search(run: Run, tmp_path: Path) -> None:
    assert_refused(run("status", tmp_path), "holds no settings.json")


def test_predict_without_a_result(run: Run, npz: Write, tmp_path: Path) -> None:
    assert_refused(run("predict", tmp_path, npz()), "holds no result.json; give the folder")
    (tmp_path / "settings.json").touch()
    assert_refused(run("predict", tmp_path, npz()), "holds no result yet", "optuna-dnc resume")


@in_finished_search
def test_predict_with_damaged_files(run: Run, tmp_path: Path) -> None:
    data = "data.npz"
    weights = (tmp_path / "run" / "model.safetensors").read_bytes()
    (tmp_path / "run" / "model.safetensors").write_bytes(weights[:40])
    assert_refused(run("predict", "run", data), "model.safetensors")
    (tmp_path / "run" / "result.json").write_text('{"schema": 1}')
    assert_refused(run("predict", "run", data), "result.json", "damaged")
    (tmp_path / "run" / "result.json").write_text("{")
    assert_refused(run("predict", "run", data), "result.json", "damaged")


@in_finished_search
def test_predict_with_other_samples_or_an_existing_out(run: Run, tmp_path: Path) -> None:
    data = "data.npz"
    np.savez(tmp_path / "wide.npz", x=np.zeros((3, 9)))
    assert_refused(run("predict", "run", "wide.npz"), "(3, 9)", "(N, 4)")
    np.savez(tmp_path / "odd.npz", samples=np.zeros((3, 4)))
    assert_refused(run("predict", "run", "odd.npz"), "samples")
    assert_refused(run("predict", "run", data, "--out", "wide.npz"), "exists")

"""Runs that somebody else has sent: whatever their files hold, nothing outside is touched."""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from optuna.trial import BaseTrial
from torch import nn

from optuna_dnc import InputError
from optuna_dnc.cli import main
from optuna_dnc.ensemble import Ensemble
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.cnn import CNNFamily
from optuna_dnc.nets.mlp import MLPConfig, MLPFamily
from optuna_dnc.nets.resnet import ResNetFamily
from optuna_dnc.nets.size_check import check_no_larger, is_small
from optuna_dnc.report.figures.network import network as network_figure
from optuna_dnc.runs import open_run, search_status
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.transfer import transfer_search
from tests.sealing import reseal, rewrite
from tests.searches import SEARCHED, Arrays

OUTSIDE = ["../../../x", "..", "/etc/passwd", "../" * 10 + "tmp/x", "a/b", "", "x" * 64, "A" * 64]


def set_attribute(folder: Path, name: str, value: object) -> None:
    """Change an attribute of every trial, as a text editor for databases would."""
    with sqlite3.connect(folder / "study.db") as database:
        database.execute(
            "UPDATE trial_user_attributes SET value_json = ? WHERE key = ?",
            (json.dumps(value), name),
        )
    database.close()
    reseal(folder)


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Let the process take no more than a few gigabytes of addresses besides what it has."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 4 * 2**30, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize("key", OUTSIDE)
def test_a_key_that_leads_elsewhere_is_refused(
    result: SearchResult, classes: Arrays, key: str
) -> None:
    set_attribute(result.path, "key", key)
    for verb in (
        lambda: search_status(result.path),
        lambda: result.ensemble(2, data=classes),
        lambda: StagedSearch(classes, **SEARCHED, out=result.path).run(),
    ):
        with pytest.raises(InputError, match=r"key of a trial must be 64 hexadecimal digits"):
            verb()


@pytest.mark.parametrize("key", OUTSIDE)
def test_no_checkpoint_lies_elsewhere(tmp_path: Path, key: str) -> None:
    with pytest.raises(InputError, match="key"):
        RunFolder(tmp_path / "run").checkpoint(key)


def test_only_checkpoints_are_deleted_from_their_folder(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for name in ("thesis.txt", "network.safetensors", f"{'0' * 16}.safetensors"):
        (theirs / name).write_text("years of work")
    folder.path.mkdir()
    folder.checkpoints.symlink_to(theirs)
    folder.keep_only("1" * 64)
    assert sorted(path.name for path in theirs.iterdir()) == ["network.safetensors", "thesis.txt"]


@pytest.mark.parametrize(
    "file", ["/etc/passwd", "../model.safetensors", "a/b.safetensors", "..", "", 5, None]
)
def test_a_member_of_an_ensemble_lies_in_its_folder(
    result: SearchResult, classes: Arrays, file: object
) -> None:
    made = result.ensemble(2, data=classes, device="cpu")

    def change(content: dict[str, Any]) -> None:
        content["members"][1]["file"] = file

    rewrite(made.path / "ensemble.json", change)
    with pytest.raises(InputError, match=r"file of a member must be|members\.1\.file"):
        Ensemble.load(result.path)


@pytest.mark.parametrize("name", ["..", "../../x", "/tmp/x", "", ".", "a\0b", "x" * 300, 7])
def test_a_data_sets_name_that_is_no_folders_is_not_followed(
    result: SearchResult, classes: Arrays, name: object
) -> None:
    rewrite(result.path / "result.json", lambda content: content.update(dataset=name))
    with pytest.raises(InputError, match=r"data ?set"):
        transfer_search(result.path, classes)


def test_a_native_search_is_not_looked_for_elsewhere(
    result: SearchResult,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from optuna_dnc.cli.transfer import _comparison

    # runs/.. is a finished search
    shutil.copytree(result.path, tmp_path / "here", dirs_exist_ok=True)
    (tmp_path / "here" / "runs").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    rewrite(result.path / "result.json", lambda content: content.update(dataset=".."))
    assert _comparison(SearchResult.load(result.path), None) is None


def with_width(width: object) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        config = content["best"]["config"] if "best" in content else content["config"]
        config["widths"] = [width] * max(1, len(config["widths"]))

    return change


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("width", [10**9, 10**12, 10**30])
def test_a_network_that_is_larger_than_its_weights_is_not_built(
    result: SearchResult, classes: Arrays, width: int
) -> None:
    rewrite(result.path / "result.json", with_width(width))
    rewrite(result.path / "config.json", with_width(width))
    sent = SearchResult.load(result.path)
    for verb in (
        sent.model,
        lambda: sent.predict(classes[0]),
        lambda: sent.refit(2, data=classes, device="cpu"),
        lambda: transfer_search(sent, classes),
    ):
        with pytest.raises(InputError, match=r"has more than [\d,]+ parameters"):
            verb()


@pytest.mark.usefixtures("little_memory")
def test_nor_is_it_by_the_command_line(
    result: SearchResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(result.path / "result.json", with_width(10**9))
    with pytest.raises(SystemExit) as stop:
        main(["export", str(result.path), "--format", "pt2"])
    assert stop.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.usefixtures("little_memory")
def test_nor_for_a_figure_or_when_a_search_goes_on(result: SearchResult, classes: Arrays) -> None:
    pytest.importorskip("plotly")
    best = json.loads((result.path / "result.json").read_text())["best"]["config"]
    set_attribute(result.path, "config", best | {"widths": [10**9] * 2})
    assert network_figure(open_run(result.path)) is not None
    (result.path / "model.safetensors").unlink()
    with pytest.raises(InputError, match="has more than"):
        StagedSearch(classes, **SEARCHED, out=result.path).run()


@dataclass(frozen=True)
class Config:
    depth: int
    width: int


class Deep(NetworkFamily):
    """A family of one's own whose config counts layers."""

    name: ClassVar[str] = "deep"
    config_type: ClassVar[type[Any]] = Config

    def suggest_core(self, trial: BaseTrial) -> Config:
        return Config(trial.suggest_int("depth", 1, 2), trial.suggest_int("width", 1, 4))

    def build(self, config: Config, input_shape: tuple[int, ...], n_outputs: int) -> nn.Module:
        layers = nn.Sequential(nn.LazyLinear(config.width), nn.BatchNorm1d(config.width))
        for _ in range(config.depth):
            layers.append(nn.utils.parametrizations.weight_norm(nn.Linear(config.width, 3)))
            layers.append(nn.Linear(3, config.width))
        return layers.append(nn.Linear(config.width, n_outputs))


def shapes_of(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("large", [Config(10**9, 4), Config(2, 10**9), Config(10**9, 10**9)])
def test_a_family_of_ones_own_is_measured_while_it_is_built(large: Config) -> None:
    family, config = Deep(), Config(2, 4)
    network = family.build(config, (5,), 2)
    network(torch.zeros(2, 5))
    weights = shapes_of(network)
    check_no_larger(family, config, (5,), 2, weights)
    assert is_small(family, config, (5,), 2)
    with pytest.raises(InputError, match="has more than"):
        check_no_larger(family, large, (5,), 2, weights)
    assert not is_small(family, Config(2, 10**9), (5,), 2)


@pytest.mark.parametrize(
    ("family", "input_shape"),
    [(MLPFamily(), (5,)), (CNNFamily(), (3, 32, 32)), (ResNetFamily(), (3, 32, 32))],
)
def test_every_network_of_the_built_in_families_fits_its_own_weights(
    family: NetworkFamily, input_shape: tuple[int, ...]
) -> None:
    from optuna_dnc.space import CallbackTrial, highest_answer

    for config in (family.largest(), family.suggest(CallbackTrial(highest_answer))):
        with torch.device("meta"):
            weights = shapes_of(family.build(config, input_shape, 10))
        check_no_larger(family, config, input_shape, 10, weights)


def test_a_linear_model_and_a_single_node_fit_their_weights() -> None:
    for config in (MLPConfig(()), MLPConfig((1,))):
        check_no_larger(
            MLPFamily(), config, (1,), 1, shapes_of(MLPFamily().build(config, (1,), 1))
        )


@pytest.mark.parametrize("field", ["channels", "blocks", "widening"])
def test_a_residual_network_of_too_many_blocks_is_not_counted_for_ever(field: str) -> None:
    family = ResNetFamily()
    config = family.largest()
    network = family.build(config, (3, 32, 32), 10)
    value = getattr(config, field)
    many = (10**9, *value[1:]) if isinstance(value, tuple) else 10**9
    large = family.config_type(**config.__dict__ | {field: many})
    with pytest.raises(InputError, match="has more than"):
        check_no_larger(family, large, (3, 32, 32), 10, shapes_of(network))

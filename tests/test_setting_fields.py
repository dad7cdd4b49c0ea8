"""A setting is a field of SearchSettings; everything else is made from it."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import pytest
from pydantic import Field

from docs.settings_tables import PAGES, tables, with_tables
from optuna_dnc import estimators
from optuna_dnc._setting_fields import SEARCHES, Setting, Verb
from optuna_dnc._validation import Whole
from optuna_dnc.cli import main
from optuna_dnc.cli.app import commands
from optuna_dnc.cli.settings_file import options_of
from optuna_dnc.data.tables.keywords import TableKeywords
from optuna_dnc.data.tables.options import DataOptions
from optuna_dnc.runs import SearchSettings, options
from optuna_dnc.runs.command import search_command
from optuna_dnc.samplers.registry import SamplerSource
from optuna_dnc.search import StagedSearch
from optuna_dnc.transfer.search import _inherited

KEYWORDS: dict[Verb, Any] = {
    "search": options.SearchKeywords,
    "tradeoff": options.TradeoffKeywords,
    "transfer": options.TransferKeywords,
    "estimators": options.EstimatorKeywords,
}
INTERNAL = {"given", "shares_trials"}


class _Extended(SearchSettings):
    extra_depth: Annotated[
        Whole,
        Field(ge=0, description="Layers to add. They cost time."),
        Setting("Network", option="deeper"),
    ] = 2


@pytest.fixture
def extra_depth() -> Iterator[None]:
    """SearchSettings has one field more."""
    SearchSettings.model_fields["extra_depth"] = _Extended.model_fields["extra_depth"]
    _read_anew()
    yield
    del SearchSettings.model_fields["extra_depth"]
    _read_anew()


def _read_anew() -> None:
    SearchSettings.model_rebuild(force=True)
    options_of.cache_clear()
    commands.cache_clear()


def _said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    screen = capsys.readouterr()
    assert stop.value.code == 0, screen.err
    return screen.out


@pytest.mark.usefixtures("extra_depth")
@pytest.mark.parametrize("command", ["search", "tradeoff", "transfer"])
def test_a_field_is_an_option_with_its_help(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    default = "as in the search of DIR" if command == "transfer" else "2"
    words = " ".join(_said(capsys, command, "--help").replace("│", " ").split())
    assert "--deeper" in words
    assert f"Layers to add (default: {default}). They cost time." in words


@pytest.mark.usefixtures("extra_depth")
def test_a_field_is_set_on_the_command_line_and_in_files_and_shown_in_the_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plan = ("search", "digits", "--network", "mlp", "--dry-run", "--json")
    file = tmp_path / "settings.toml"
    file.write_text("deeper = 3\n")
    for arguments, value in ((("--deeper", "4"), 4), (("--config", str(file)), 3), ((), 2)):
        identity = json.loads(_said(capsys, *plan, *arguments))["identity"]
        assert identity["extra_depth"] == value
        assert ("--deeper" in str(search_command(identity))) == (value != 2)
    command = search_command(identity | {"extra_depth": 5})
    assert command is not None
    assert "--deeper 5" in command


@pytest.mark.usefixtures("extra_depth")
def test_a_field_is_a_keyword_and_inherited_and_in_the_docs() -> None:
    search = StagedSearch("digits", network="mlp", extra_depth=1)  # type: ignore[call-arg]
    assert search.identity["extra_depth"] == 1
    assert _inherited(search.identity)["extra_depth"] == 1
    row = "| `--deeper` (`extra_depth`) | 2 | as in its source | Layers to add. They cost time. |"
    assert row in tables(SearchSettings.options("search")).splitlines()


@pytest.mark.usefixtures("extra_depth")
def test_a_field_is_a_parameter_of_the_estimators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimators, "base", estimators.base)  # put back at the end
    monkeypatch.delitem(sys.modules, "optuna_dnc.estimators.base")
    base = importlib.import_module("optuna_dnc.estimators.base")
    estimator = base.DNCEstimator(random_state=0)
    assert estimator.get_params()["extra_depth"] == 2
    assert estimator.set_params(extra_depth=7)._settings()["extra_depth"] == 7


@pytest.mark.parametrize("verb", KEYWORDS)
def test_typed_keywords_are_the_fields_with_their_types(verb: Verb) -> None:
    types = get_type_hints(SearchSettings) | get_type_hints(TableKeywords)
    fields = {field.name for field in SearchSettings.options(verb)} - {"network"}
    if verb != "estimators":
        fields |= set(DataOptions.model_fields)
    wanted = fields | (INTERNAL if verb == "search" else set())
    typed = get_type_hints(KEYWORDS[verb])
    # A search takes samplers as an argument of its own; its settings hold their names.
    assert typed.pop("sampler", SamplerSource) == SamplerSource
    assert typed == {name: types[name] for name in wanted - {"sampler"}}


def test_typed_options_of_tables_are_the_fields_of_the_model() -> None:
    assert set(get_type_hints(TableKeywords)) == set(DataOptions.model_fields)
    assert all(field.description.endswith(".") for field in DataOptions.options())


def test_every_field_but_the_internal_ones_can_be_set_and_says_what_it_is() -> None:
    options = {field.name: field for field in SearchSettings.options()}
    assert set(SearchSettings.model_fields) == set(options) | INTERNAL
    assert all(field.description.endswith(".") for field in options.values())
    assert set(get_args(Verb)) == SEARCHES | {"check"}


def test_the_estimators_refuse_a_keyword_that_is_no_field() -> None:
    with pytest.raises(TypeError, match="has no parameter 'epoch'"):
        estimators.DNCClassifier(epoch=3)  # type: ignore[call-arg]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_page_has_the_tables_of_the_present_fields(path: Path) -> None:
    page = path.read_text()
    assert page == with_tables(page, PAGES[path]), "run python -m docs.settings_tables"


def test_options_of_the_data_come_first() -> None:
    groups = [field.setting.group for field in options_of("search")]
    assert list(dict.fromkeys(groups)) == [
        *("Data", "Table", "Network", "Objective", "Budget", "Search strategy", "Training", "Run")
    ]

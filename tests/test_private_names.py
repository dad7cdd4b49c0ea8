"""Private names of other packages are looked for at import, and named where one is gone."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from optuna_dnc import InputError
from optuna_dnc._optuna_compat import PRIVATE_NAMES, SUPPORTED
from optuna_dnc._private_names import require_names

ROOT = Path(__file__).parents[1]


def run_with(change: str, then: str) -> subprocess.CompletedProcess[str]:
    code = f"import optuna\n{change}\n{then}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_the_installed_optuna_has_all_of_them() -> None:
    require_names("optuna", SUPPORTED, PRIVATE_NAMES)


@pytest.mark.parametrize(
    "name",
    [
        "optuna.study:Study._no_such",
        "optuna.study:NoStudy._storage",
        "optuna.no_such:Study",
        "optuna.storages._rdb.models?NoSuchModel",
        "optuna.storages._rdb.no_such?BaseModel",
        "optuna.storages._rdb.models?TrialModel.no_such",
        "optuna.storages._rdb.models?NoSuchModel.trial_id",
        "optuna.samplers:PartialFixedSampler._no_such",
    ],
)
def test_a_name_that_is_gone_is_named_with_versions(name: str) -> None:
    import optuna

    with pytest.raises(InputError) as error:
        require_names("optuna", SUPPORTED, [name])
    assert isinstance(error.value, ImportError)
    message = str(error.value)
    for word in (re.sub("[:?]", ".", name), optuna.__version__, f"optuna{SUPPORTED}"):
        assert word in message
    assert "\n" not in message


def test_import_fails_with_one_clear_line() -> None:
    done = run_with("del optuna.Study._get_trials", "import optuna_dnc.samplers.dnc")
    assert done.returncode == 1
    assert "optuna_dnc needs optuna.study.Study._get_trials" in done.stderr.splitlines()[-1]


def test_the_command_line_says_it_without_a_traceback(tmp_path: Path) -> None:
    done = run_with(
        "del optuna.pruners.HyperbandPruner._get_bracket_id",
        f"from optuna_dnc.cli import main\nmain(['status', {str(tmp_path)!r}])",
    )
    assert done.returncode == 2
    assert done.stderr.startswith("optuna-dnc: optuna_dnc needs optuna.pruners.HyperbandPruner")
    assert done.stderr.count("\n") == 1


def test_nothing_is_imported_to_look_for_a_table_of_the_database() -> None:
    done = run_with(
        "", "import sys, optuna_dnc._optuna_compat; print('sqlalchemy' in sys.modules)"
    )
    assert done.stdout.strip() == "False"


def test_the_supported_versions_are_those_that_pip_is_told() -> None:
    requirement = re.search(r'"optuna([<>=][^"]*)"', (ROOT / "pyproject.toml").read_text())
    assert requirement is not None
    assert requirement[1] == SUPPORTED


def test_private_names_are_used_in_their_files_only() -> None:
    private = {name.rpartition(".")[2] for name in PRIVATE_NAMES}
    private = {name for name in private if name.startswith("_")}
    uses = re.compile(
        rf"(?:study|trial|storage|sampler|distribution|pruner)\.({'|'.join(private)})\b"
    )
    for path in (ROOT / "optuna_dnc").rglob("*.py"):
        if path.parent.name != "_optuna_compat":
            assert not uses.search(path.read_text()), path
        if path.name != "_torch_compat.py":
            assert not re.search(r"\btorch\._[a-z]", path.read_text()), path


def test_all_private_names_are_listed() -> None:
    listed = {word for name in PRIVATE_NAMES for word in re.split("[.:?]", name)}
    for path in (ROOT / "optuna_dnc" / "_optuna_compat").glob("*.py"):
        nodes = [*ast.walk(ast.parse(path.read_text()))]
        attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
        ours = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        ours |= {node.attr for node in attributes if ast.unparse(node.value) == "self"}
        used = {node.attr for node in attributes if re.match("_[a-z]", node.attr)} - ours
        imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
        private = [node for node in imports if re.match(r"optuna\..*\b_", node.module or "")]
        used |= {alias.name for node in private for alias in node.names}
        models = {name for name in used if name.endswith("Model")}
        used |= {
            node.attr
            for node in attributes
            if ast.unparse(node.value) in {*models, "Model"} and node.attr != "metadata"
        }
        assert used <= listed, path


def test_that_looking_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        require_names("optuna", SUPPORTED, PRIVATE_NAMES)

"""Parts of the package that samplers and pruners use must not load torch."""

from __future__ import annotations

import subprocess
import sys


def test_the_package_its_tasks_and_objectives_load_neither_torch_nor_scikit_learn() -> None:
    """Step by step, so that what is printed names the first that does."""
    code = (
        "import importlib, sys\n"
        "for name in ('optuna_dnc', 'optuna_dnc.tasks', 'optuna_dnc.objectives'):\n"
        "    importlib.import_module(name)\n"
        "    print(name, *{'torch', 'sklearn'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["optuna_dnc", "optuna_dnc.tasks", "optuna_dnc.objectives"]

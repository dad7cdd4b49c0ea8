"""Does the suggestion service answer Katib's own stubs?

``python -m benchmarks.robustness.katib_stubs --venv FOLDER`` creates a virtual environment with
Katib's Python package, unless the folder has one: the package needs protobuf below 5, Optuna's
gRPC storage a later one, so that one process cannot have both. A client there compares the
messages with the service's, asks for suggestions, kills the service between two requests, and
asks on.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.common import environment, parser
from optuna_dnc.katib.server import ENUMS, MESSAGES, PACKAGE

PACKAGES = ("kubeflow-katib", "protobuf<5", "grpcio", "grpcio-health-checking<1.63")
ROOT = Path(__file__).parents[2]
CLIENT = (
    "import sys; from katib_client import main; main(sys.argv[1], sys.argv[2], int(sys.argv[3]))"
)


def main() -> None:
    """Run the client against the service, and print and write what it found."""
    options = _options()
    python = options.venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", options.venv], check=True)
        # Without its dependencies, such as kubernetes: the stubs need gRPC and protobuf alone.
        install = [python, "-m", "pip", "install", "--quiet", "--no-deps", *PACKAGES]
        subprocess.run([*install, "typing_extensions"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "messages.json"
        described = {"package": PACKAGE, "messages": MESSAGES, "enums": ENUMS}
        table.write_text(json.dumps(described))
        command = [python, "-c", CLIENT, sys.executable, table, str(options.trials)]
        path = {**os.environ, "PYTHONPATH": f"{Path(__file__).parent}{os.pathsep}{ROOT}"}
        begun = time.perf_counter()
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=path)
        seconds = time.perf_counter() - begun
    found: dict[str, Any] = json.loads(done.stdout)
    for name, value in found.items():
        print(f"{name:<40} {value}")
    result = {"environment": environment(("grpcio", "protobuf")), "seconds": seconds, **found}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1) + "\n")


def _options() -> argparse.Namespace:
    options = parser(__doc__ or "", "robustness/katib_stubs")
    options.add_argument("--venv", type=Path, required=True, help="virtual environment of Katib")
    options.add_argument("--trials", type=int, default=300, help="trials of the experiment")
    return options.parse_args()


if __name__ == "__main__":
    main()

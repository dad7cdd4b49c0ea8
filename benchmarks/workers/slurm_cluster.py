"""SLURM on this machine alone, with fake GPUs; as root, with slurm-wlm and munge installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

NEEDED = ("munged", "mungekey", "slurmctld", "slurmd", "sbatch", "sinfo")

_CONF = """\
ClusterName=here
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld}
SlurmdPort={d}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={socket}
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/ctld.pid
SlurmdPidFile={folder}/d.pid
SlurmctldLogFile={folder}/ctld.log
SlurmdLogFile={folder}/d.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SlurmdParameters=config_overrides
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
GresTypes=gpu
ReturnToService=2
KillWait=30
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=8000 Gres=gpu:{gpus}
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
"""


def missing() -> str | None:
    """Return why SLURM cannot be started here; None if it can."""
    absent = [name for name in NEEDED if shutil.which(name) is None]
    if absent:
        return f"{', '.join(absent)} not installed (apt install slurm-wlm munge)"
    return None if os.geteuid() == 0 else "only root can start it"


@contextmanager
def slurm(folder: Path, *, n_gpus: int, n_cpus: int = 8) -> Iterator[Mapping[str, str]]:
    """Start SLURM within the block; yield the environment of its commands.

    Args:
        folder: Empty folder for its files; must be readable by the user munge.
        n_gpus: Number of fake GPUs: terminals, since SLURM deals out any device files.
        n_cpus: Number of cores that it deals out, whatever the machine has.
    """
    host = socket.gethostname().partition(".")[0]
    for name in ("state", "spool", "munge"):
        (folder / name).mkdir(parents=True)
    munge, key = folder / "munge", folder / "munge" / "munge.key"
    subprocess.run(["mungekey", "--create", f"--keyfile={key}"], check=True)
    for path in (munge, key):
        shutil.chown(path, "munge", "munge")
    munge.chmod(0o755)
    ports = {"ctld": _free_port(), "d": _free_port()}
    conf = folder / "slurm.conf"
    values = {"host": host, "folder": folder, "socket": munge / "socket"}
    conf.write_text(_CONF.format(**values, **ports, cpus=n_cpus, gpus=n_gpus))
    (folder / "gres.conf").write_text(f"NodeName={host} Name=gpu File=/dev/tty[1-{n_gpus}]\n")
    environment = {**os.environ, "SLURM_CONF": str(conf)}
    as_munge = ["setpriv", "--reuid=munge", "--regid=munge", "--clear-groups"]
    files = {"key-file": key, "socket": munge / "socket", "pid-file": munge / "pid"}
    files |= {"log-file": munge / "log", "seed-file": munge / "seed"}
    options = [f"--{name}={path}" for name, path in files.items()]
    commands = (
        [*as_munge, "munged", "--foreground", "--force", *options],
        ["slurmctld", "-D", "-f", str(conf)],
        ["slurmd", "-D", "-f", str(conf)],
    )
    with ExitStack() as stack:
        for command in commands:
            stack.enter_context(_running(command, environment))
            time.sleep(0.3)
        _wait_until_idle(environment)
        try:
            yield environment
        finally:
            _end_jobs(environment)


def _end_jobs(environment: Mapping[str, str]) -> None:
    """End what is left of the jobs, whose processes would outlast SLURM."""
    subprocess.run(["scancel", "--full", "--signal=KILL", "--user=root"], env=environment)
    for _ in range(100):
        shown = subprocess.run(
            ["squeue", "--noheader", "--states=all"],
            env=environment,
            capture_output=True,
            text=True,
        )
        if not {" R ", " CG "} & {f" {word} " for word in shown.stdout.split()}:
            return
        time.sleep(0.2)


@contextmanager
def _running(command: list[str], environment: Mapping[str, str]) -> Iterator[None]:
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=environment, **silent)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_until_idle(environment: Mapping[str, str]) -> None:
    for _ in range(100):
        shown = subprocess.run(
            ["sinfo", "--noheader", "--format=%t"], env=environment, capture_output=True, text=True
        )
        if shown.stdout.strip() == "idle":
            return
        time.sleep(0.2)
    raise RuntimeError("SLURM did not start; see its logs")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port

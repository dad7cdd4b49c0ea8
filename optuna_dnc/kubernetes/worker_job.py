"""Settings of a Kubernetes Job whose pods are workers, and their names and quantities."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import Self

from optuna_dnc._errors import InputError, shown
from optuna_dnc._passwords import without_passwords
from optuna_dnc._validation import CheckedModel, Int, Real
from optuna_dnc.runs.journals import journal_file

_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_HOST = r"(?:[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)"
_REPOSITORY = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?=[^@]{{1,384}}(?:@|$))(?:{_HOST}(?:\.{_HOST})*(?::[0-9]{{1,5}})?/)?"
    rf"{_REPOSITORY}(?:/{_REPOSITORY})*(?::\w[\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?",
    re.ASCII,
)
"""``[HOST[:PORT]/]NAME[:TAG][@DIGEST]``, the grammar of the distribution project."""
_QUANTITY = re.compile(
    r"(?=.*[1-9])(?:[0-9]{1,12}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})(m|[KMGT]i|[kMGT])?"
)
_KEY = re.compile(r"(?!\.\.)[-._a-zA-Z0-9]{1,253}")


def _label(name: str) -> str:
    if not re.fullmatch(_LABEL, name):
        raise ValueError(
            "must be a label of RFC 1123: at most 63 lower-case letters, digits and '-', with a "
            "letter or digit at both ends"
        )
    return name


def _subdomain(name: str) -> str:
    if len(name) > 253 or not re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})*", name):
        raise ValueError(
            "must be a name of RFC 1123: at most 253 lower-case letters, digits, '-' and '.', "
            "with a letter or digit at both ends of each part"
        )
    return name


def _secret(text: str) -> str:
    name, has_key, key = text.partition("/")
    _subdomain(name)
    if has_key and not _KEY.fullmatch(key):
        raise ValueError(
            "must be NAME or NAME/KEY, whose key has letters, digits, '-', '_' and '.' only"
        )
    return text


def _image(reference: str) -> str:
    if not _IMAGE.fullmatch(reference):
        raise ValueError(
            "must be the name of an image, [HOST/]NAME[:TAG][@DIGEST] in lower case, such as "
            "'team/optuna-dnc:1.0'"
        )
    return reference


def _quantity(text: str) -> str:
    if not _QUANTITY.fullmatch(text):
        raise ValueError("must be a positive quantity of Kubernetes, such as '2', '500m' or '4Gi'")
    return text


def _cpu(text: str) -> str:
    _quantity(text)
    if not text[-1].isdigit() and not text.endswith("m"):
        raise ValueError("must be a number of cores, such as '2' or '500m'")
    return text


def _memory(text: str) -> str:
    _quantity(text)
    if text.endswith("m"):
        raise ValueError("must be a number of bytes, such as '4Gi' or '512Mi'")
    return text


def _folder(path: str) -> str:
    is_plain = path.isprintable() and not path.startswith("-") and not re.search(r":|\$\(", path)
    if not is_plain or ".." in PurePosixPath(path).parts:
        raise ValueError("must be a path of printable characters without '..', ':' and '$('")
    return path


Label = Annotated[str, AfterValidator(_label)]
"""Name of a Job or a namespace."""

Subdomain = Annotated[str, AfterValidator(_subdomain)]
"""Name of most other objects."""

SecretKey = Annotated[str, AfterValidator(_secret)]
"""``NAME`` or ``NAME/KEY`` of a Secret."""

Image = Annotated[str, AfterValidator(_image)]
"""Reference of a container image."""

Cores = Annotated[str, AfterValidator(_cpu)]
"""Number of cores."""

Bytes = Annotated[str, AfterValidator(_memory)]
"""Number of bytes."""

Folder = Annotated[str, AfterValidator(_folder)]
"""Path in a container."""


MOST_WORKERS = 1000
_LONGEST_HOST = 63
_DEFAULT_KEY = "storage"


class WorkerJob(CheckedModel):
    """Settings of a Job whose pods are workers of one search.

    Example::

        job = WorkerJob(run="runs/digits", image="team/optuna-dnc:1.0", workers=8, secret="search")
        manifest = job_manifest(job)

    Args:
        run: Folder of the run, relative to the root of the volume, or a path below ``mount``.
        image: Container image in which optuna_dnc is installed.
        workers: Number of pods, 1 to 1,000.
        claim: Name of the PersistentVolumeClaim that all pods mount, with the run and its data.
        mount: Where pods mount it; also their working directory.
        secret: ``NAME`` or ``NAME/KEY`` of the Secret with the storage URL; the default key is
            ``storage``. Either this or ``storage`` is needed.
        storage: Storage URL without a password, instead of a secret. A journal file must be on
            the volume.
        gpus: GPUs of a pod. A worker uses one.
        cpu: Cores of a pod, which are also its number of threads.
        memory: Memory of a pod.
        name: Name of the Job. None derives it from the name of the run.
        namespace: Namespace of the Job. None leaves it to kubectl.
        timeout: Seconds after which a worker leaves at the end of an epoch. None lets it work
            until the search has ended.
    """

    run: Folder
    image: Image
    workers: Annotated[Int, Field(ge=1, le=MOST_WORKERS)]
    claim: Subdomain = "optuna-dnc"
    mount: Folder = "/work"
    secret: SecretKey | None = None
    storage: str | None = None
    gpus: Annotated[Int, Field(ge=0, le=1000)] = 0
    cpu: Cores = "2"
    memory: Bytes = "4Gi"
    name: Label | None = None
    namespace: Label | None = None
    timeout: Annotated[Real, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _are_consistent(self) -> Self:
        self._check_folders()
        self._check_storage()
        longest = _LONGEST_HOST - len(f"-{self.workers - 1}")
        if self.name is not None and len(self.name) > longest:
            raise InputError(
                f"name must have at most {longest} characters, because pods are named after it "
                f"and their index, got {shown(self.name)}; shorten it."
            )
        return self

    def _check_folders(self) -> None:
        mount, run = PurePosixPath(self.mount), PurePosixPath(self.run)
        if not mount.is_absolute() or mount == PurePosixPath("/"):
            raise InputError(
                f"mount must be an absolute path such as '/work', got {shown(self.mount)}; "
                "change it."
            )
        if mount / run == mount or not (mount / run).is_relative_to(mount):
            raise InputError(
                f"run must be a folder within the volume, that is, relative or below "
                f"{shown(self.mount)}, got {shown(self.run)}; change it, or mount the volume "
                "elsewhere with mount=."
            )

    def _check_storage(self) -> None:
        if self.secret is not None:
            if self.storage is not None:
                raise InputError("secret and storage are mutually exclusive; drop one of them.")
            return
        journal = f"journal://{self.mount}/trials.journal"
        if self.storage is None or self.storage.startswith("sqlite"):
            # Also for one pod: the search was started on another host.
            problem = (
                "secret must be given unless storage= is, because by default the trials are in"
                if self.storage is None
                else f"storage must be one that pods can reach, got {shown(self.storage)},"
            )
            raise InputError(
                f"{problem} an SQLite file, which only works on the host on which the search was "
                "started; put the URL of a PostgreSQL or MySQL database into a Secret, or use a "
                f"journal file on the volume by storage='{journal}'."
            )
        if without_passwords(self.storage) != self.storage:
            raise InputError(
                "storage must not hold a password, which anyone who may read the Job would see; "
                "put the URL into a Secret and give its name instead."
            )
        file = journal_file(self.storage)
        if file is not None and not (self.mount / file).is_relative_to(self.mount):
            raise InputError(
                f"storage must be a file on the volume, got {shown(self.storage)}; change it, "
                f"such as to '{journal}'."
            )

    @property
    def job_name(self) -> str:
        """The name of the Job."""
        if self.name is not None:
            return self.name
        words = re.sub("[^a-z0-9]+", "-", PurePosixPath(self.run).name.lower()).strip("-")
        return f"optuna-dnc-{words}"[: _LONGEST_HOST - len(f"-{MOST_WORKERS}")].strip("-")

    @property
    def secret_key(self) -> tuple[str, str] | None:
        """Name and key of the Secret."""
        if self.secret is None:
            return None
        name, _, key = self.secret.partition("/")
        return name, key or _DEFAULT_KEY

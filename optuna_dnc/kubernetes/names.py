"""Names and quantities of Kubernetes, as types of validated settings."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator

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

"""Data sets: load, check, split, normalise, and hand out in batches."""

from optuna_dnc.data.augmentation import augment, cutout
from optuna_dnc.data.batching import batches
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.devices import resolve_device
from optuna_dnc.data.load import DATASET_NAMES, DatasetSource, load_dataset
from optuna_dnc.data.npz import read_sample_labels, read_sample_names, read_samples
from optuna_dnc.data.prepared_data import PreparedData, prepare
from optuna_dnc.data.preprocessing import Preprocessing
from optuna_dnc.data.samples import Samples
from optuna_dnc.data.split import split_validation
from optuna_dnc.data.task import Task

__all__ = [
    "DATASET_NAMES",
    "Dataset",
    "DatasetSource",
    "PreparedData",
    "Preprocessing",
    "Samples",
    "Task",
    "augment",
    "batches",
    "cutout",
    "load_dataset",
    "prepare",
    "read_sample_labels",
    "read_sample_names",
    "read_samples",
    "resolve_device",
    "split_validation",
]

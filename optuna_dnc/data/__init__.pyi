from .augmentation import augment, cutout
from .batching import batches
from .dataset import Dataset
from .devices import resolve_device
from .label_checks import Task
from .load import DATASET_NAMES, DatasetSource, load_dataset
from .npz import read_sample_labels, read_sample_names, read_samples
from .prepared_data import PreparedData, Samples, prepare
from .preprocessing import Preprocessing
from .split import split_validation

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

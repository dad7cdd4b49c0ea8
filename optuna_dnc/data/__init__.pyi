from .array_loader import dataset_of_arrays
from .augmentation import augment, cutout
from .batching import batches, weighted_batches
from .class_balance import ClassWeight
from .column_scaling import Scaling
from .dataset import Dataset
from .devices import resolve_device
from .label_checks import Task
from .load import (
    DATASET_NAMES,
    DatasetSource,
    load_dataset,
    read_labels,
    read_samples,
    register_loader,
)
from .loader import Loader, RawSamples, is_path
from .preparation import prepare
from .prepared_data import PreparedData, Samples
from .preprocessing import Preprocessing
from .split import split_validation

__all__ = [
    "DATASET_NAMES",
    "ClassWeight",
    "Dataset",
    "DatasetSource",
    "Loader",
    "PreparedData",
    "Preprocessing",
    "RawSamples",
    "Samples",
    "Scaling",
    "Task",
    "augment",
    "batches",
    "cutout",
    "dataset_of_arrays",
    "is_path",
    "load_dataset",
    "prepare",
    "read_labels",
    "read_samples",
    "register_loader",
    "resolve_device",
    "split_validation",
    "weighted_batches",
]

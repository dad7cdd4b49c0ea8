from .column import Column
from .kind import Kind
from .options import DataOptions, DataSource
from .table import Table

__all__ = ["Column", "DataOptions", "DataSource", "Kind", "Table"]

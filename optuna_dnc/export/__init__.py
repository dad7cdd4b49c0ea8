"""Export of networks: ONNX, torch.export, Python code and safetensors."""

from __future__ import annotations

from optuna_dnc.export.export_model import FORMATS, Exported, export_model
from optuna_dnc.export.new_file import check_new, new_file

__all__ = ["FORMATS", "Exported", "check_new", "export_model", "new_file"]

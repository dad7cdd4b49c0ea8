from .image_files import ImageFiles
from .image_format import ImageFormat

__all__ = ["ImageFiles", "ImageFormat"]

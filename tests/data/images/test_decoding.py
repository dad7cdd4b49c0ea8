"""Image files become arrays of one format."""

from __future__ import annotations

import itertools
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from optuna_dnc.data.images.decoding import UnreadableImage, decode, read_header
from optuna_dnc.data.images.image_format import ImageFormat

GREY = ImageFormat(1, 4, 3)
RGB = ImageFormat(3, 4, 3)
DEEP = ImageFormat(1, 4, 3, "uint16")
PIXELS = np.arange(12, dtype=np.uint8).reshape(4, 3) * 20


def _saved(folder: Path, image: Image.Image, name: str = "image.png", **options: Any) -> Path:
    image.save(folder / name, **options)
    return folder / name


@pytest.mark.parametrize("ending", ["png", "bmp", "tiff", "pgm", "webp"])
def test_files_without_loss_keep_their_bytes(tmp_path: Path, ending: str) -> None:
    options = {"lossless": True} if ending == "webp" else {}
    path = _saved(tmp_path, Image.fromarray(PIXELS), f"image.{ending}", **options)
    assert np.array_equal(decode(path, GREY)[0], PIXELS)


def test_a_jpeg_is_read(tmp_path: Path) -> None:
    path = _saved(tmp_path, Image.new("RGB", (3, 4), (200, 100, 50)), "image.jpg", quality=100)
    means = decode(path, RGB).mean(axis=(1, 2))
    assert np.abs(means - (200, 100, 50)).max() < 3


@pytest.mark.parametrize("ending", ["png", "ppm"])
def test_colors_of_16_bits_are_refused_rather_than_cut(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"image.{ending}"
    pixels = np.arange(36, dtype=">u2").reshape(4, 9)
    if ending == "ppm":
        path.write_bytes(b"P6 3 4 65535\n" + pixels.tobytes())
    else:
        header = struct.pack(">IIBBBBB", 3, 4, 16, 2, 0, 0, 0)
        rows = b"".join(b"\0" + row.tobytes() for row in pixels)
        chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(itertools.starmap(_chunk, chunks)))
    for read in (read_header, lambda path: decode(path, RGB)):
        with pytest.raises(UnreadableImage, match=r"channels have 16 bits.*save it with 8 bits"):
            read(path)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_becomes_grey_and_rgb(tmp_path: Path, mode: str) -> None:
    black_and_white = Image.fromarray(np.where(PIXELS > 100, 255, 0).astype(np.uint8))
    image = black_and_white.convert(mode)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(black_and_white).astype(np.uint16) * 257)
    path = _saved(tmp_path, image)
    assert np.array_equal(decode(path, GREY)[0], np.asarray(black_and_white))
    assert np.array_equal(decode(path, RGB), np.stack([np.asarray(black_and_white)] * 3))


def test_16_bits_stay_exact_and_8_bits_are_spread_over_them(tmp_path: Path) -> None:
    values = np.arange(12, dtype=np.uint16).reshape(4, 3) * 5461
    path = _saved(tmp_path, Image.fromarray(values))
    assert decode(path, DEEP).dtype == np.uint16
    assert np.array_equal(decode(path, DEEP)[0], values)
    path = _saved(tmp_path, Image.fromarray(PIXELS), "bytes.png")
    assert np.array_equal(decode(path, DEEP)[0], PIXELS.astype(np.uint16) * 257)


def test_transparent_pixels_are_white(tmp_path: Path) -> None:
    layer = Image.new("RGBA", (3, 4), (10, 20, 30, 255))
    layer.putpixel((0, 0), (10, 20, 30, 0))
    pixels = decode(_saved(tmp_path, layer), RGB)
    assert pixels[:, 0, 0].tolist() == [255, 255, 255]
    assert pixels[:, 1, 1].tolist() == [10, 20, 30]


@pytest.mark.parametrize("ending", ["tiff", "webp", "png"])
def test_the_orientation_in_exif_is_applied(tmp_path: Path, ending: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the first row is the right column
    image = Image.fromarray(PIXELS.T.copy())
    options = {"lossless": True} if ending == "webp" else {}
    path = _saved(tmp_path, image, f"turned.{ending}", exif=exif, **options)
    if ending == "webp":
        assert (read_header(path).height, read_header(path).width) == (4, 3)
    assert np.array_equal(decode(path, GREY)[0], np.rot90(PIXELS.T, -1))


def test_other_sizes_are_scaled_to_cover_and_cut_at_their_center(tmp_path: Path) -> None:
    wide = np.zeros((8, 20), np.uint8)
    wide[:, 5:15] = 255  # 8 x 6 in the middle become 4 x 3, with some influence of their sides
    pixels = decode(_saved(tmp_path, Image.fromarray(wide)), GREY)
    assert pixels.shape == (1, 4, 3)
    assert (pixels == 255).all()


def test_resizing_keeps_16_bits(tmp_path: Path) -> None:
    path = _saved(tmp_path, Image.fromarray(np.full((9, 9), 40_001, np.uint16)))
    assert np.array_equal(decode(path, DEEP), np.full((1, 4, 3), 40_001))


def test_the_first_of_several_images_counts(tmp_path: Path) -> None:
    first, second = Image.fromarray(PIXELS), Image.new("L", (3, 4))
    path = _saved(tmp_path, first, "pages.tiff", save_all=True, append_images=[second])
    assert np.array_equal(decode(path, GREY)[0], PIXELS)


def test_floats_are_neither_bytes_nor_16_bits(tmp_path: Path) -> None:
    path = _saved(tmp_path, Image.fromarray(PIXELS.astype(np.float32) / 7), "floats.tiff")
    assert read_header(path).dtype == "float32"
    exact = decode(path, ImageFormat(1, 4, 3, "float32"))
    assert np.array_equal(exact[0], PIXELS.astype(np.float32) / 7)
    with pytest.raises(UnreadableImage, match="its pixels are float32, and not uint8"):
        decode(path, GREY)


@pytest.mark.parametrize(
    ("mode", "is_grey"), [("L", True), ("P", True), ("RGB", False), ("1", True), ("LA", True)]
)
def test_the_header_says_whether_an_image_is_grey(
    tmp_path: Path, mode: str, is_grey: bool
) -> None:
    header = read_header(_saved(tmp_path, Image.fromarray(PIXELS).convert(mode)))
    assert header == (4, 3, is_grey, "uint8")


def test_a_palette_of_colors_is_not_grey(tmp_path: Path) -> None:
    image = Image.new("RGB", (3, 4), (200, 100, 50)).quantize()
    assert not read_header(_saved(tmp_path, image)).is_grey

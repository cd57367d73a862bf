"""A small undamaged file or folder of every kind the program reads."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from core.io import ReadOptions

SHAPE = (5, 24, 32)
DEFAULT = ReadOptions()


def grey(dtype: Any = np.uint8, shape: tuple[int, int, int] = SHAPE) -> Any:
    """Seeded blobs with noise, so that compressed forms have a size worth cutting."""
    rng = np.random.default_rng(7)
    z, y, x = np.meshgrid(*map(np.arange, shape), indexing="ij")
    values = 110 + 60 * np.sign(np.sin(x / 4 + z) + np.sin(y / 3)) + rng.normal(0, 12, shape)
    return np.clip(values, 1, 254).astype(dtype)


@dataclass(frozen=True)
class Valid:
    """One kind of input.

    Attributes
    ----------
    id : str
        Short name.
    name : str
        File or folder name with its usual suffix.
    write : callable
        ``(path) -> None``.
    options : ReadOptions
        What has to be said to read it.
    folder : bool
        Whether it is a folder.
    header_bytes : int
        Size of the part before the voxels, for files that start with one.
    """

    id: str
    name: str
    write: Callable[[Path], object]
    options: ReadOptions = DEFAULT
    folder: bool = False
    header_bytes: int = 64

    def make(self, folder: Path) -> Path:
        """Write it into a folder and return its path."""
        path = folder / self.name
        self.write(path)
        return path


def _tiff(*, data: Any = None, **how: Any) -> Callable[[Path], object]:
    values = grey() if data is None else data
    return lambda path: tifffile.imwrite(path, values, photometric="minisblack", **how)


def write_palette(path: Path) -> None:
    """TIFF whose values are indices of colours."""
    colours = np.stack([np.arange(256, dtype=np.uint16) * 257] * 3)
    tifffile.imwrite(path, grey(), photometric="palette", colormap=colours)


def write_rgb(path: Path) -> None:
    """TIFF of colour pages."""
    tifffile.imwrite(path, np.stack([grey()] * 3, axis=-1), photometric="rgb")


def write_hyperstack(path: Path) -> None:
    """ImageJ TIFF of two channels."""
    tifffile.imwrite(path, np.stack([grey(), grey()], axis=1), imagej=True, metadata={"axes": "ZCYX"})


def write_picture(path: Path) -> None:
    """PNG, BMP or JPEG of one slice, by the suffix."""
    Image.fromarray(grey()[0]).save(path)


def write_mrc(path: Path, data: Any = None) -> None:
    """MRC volume, mode 0 (or as the data ask)."""
    import mrcfile

    with mrcfile.new(path) as mrc:
        mrc.set_data(grey(np.int8) // 2 if data is None else data)
        mrc.voxel_size = 50.0


def write_itk(path: Path, data: Any = None, *, compress: bool = False) -> None:
    """MHD, MHA, NRRD or NIfTI, by the suffix."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(grey() if data is None else data)
    sitk.WriteImage(image, str(path), compress)


def write_hdf5(path: Path, **how: Any) -> None:
    """HDF5 file with one data set."""
    import h5py

    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=grey(), **how)


def write_zarr(path: Path, zarr_format: int = 3, *, ome: bool = False) -> None:
    """Zarr array, or an OME-Zarr group of one, of version 2 or 3."""
    import zarr

    how: dict[str, Any] = {"zarr_format": zarr_format}
    chunks = (2, 12, 16)
    if not ome:
        array = zarr.create_array(path, shape=SHAPE, dtype="uint8", chunks=chunks, **how)
        array[:] = grey()
        return
    scale = [{"type": "scale", "scale": [10.0, 5.0, 5.0]}]
    axes = [{"name": axis, "type": "space", "unit": "nanometer"} for axis in "zyx"]
    image = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}], "name": "x"}
    if zarr_format == 2:
        attributes: dict[str, Any] = {"multiscales": [{**image, "version": "0.4"}]}
        how["chunk_key_encoding"] = {"name": "v2", "separator": "/"}
    else:
        attributes = {"ome": {"version": "0.5", "multiscales": [image]}}
    group = zarr.create_group(path, zarr_format=zarr_format, attributes=attributes)
    how.pop("zarr_format")
    group.create_array("0", shape=SHAPE, dtype="uint8", chunks=chunks, **how)[:] = grey()


def dat_header(
    *, version: int = 9, channels: int = 1, eight_bit: int = 1, columns: int = SHAPE[2], rows: int = SHAPE[1]
) -> bytearray:
    """First 1024 bytes of a Janelia .dat file."""
    head = bytearray(1024)
    struct.pack_into(">IH", head, 0, 0xD3EDF5F2, version)
    struct.pack_into(">BB", head, 32, channels, eight_bit)
    struct.pack_into(">II", head, 100, columns, rows)
    head[151] = 1
    head[380:383] = b"SE2"
    struct.pack_into(">f", head, 464, 8.0)
    return head


def write_dat(path: Path, plane: int = 0) -> None:
    """One slice of a Janelia instrument."""
    path.write_bytes(bytes(dat_header()) + grey()[plane].tobytes())


def write_raw(path: Path) -> None:
    """Bare values."""
    path.write_bytes(grey().tobytes())


def write_slices(folder: Path, suffix: str = ".png") -> None:
    """A folder of numbered slices."""
    folder.mkdir()
    for number, plane in enumerate(grey()):
        path = folder / f"slice_{number:03d}{suffix}"
        if suffix == ".dat":
            write_dat(path, number)
        elif suffix == ".tif":
            tifffile.imwrite(path, plane)
        else:
            Image.fromarray(plane).save(path)


RAW = ReadOptions(raw_shape_zyx=SHAPE, raw_dtype="uint8")

FILES: tuple[Valid, ...] = (
    Valid("tiff", "stack.tif", _tiff()),
    Valid("tiff-one-page-each", "stack.tif", lambda path: _pages(path)),
    Valid("tiff-big-endian", "stack.tif", _tiff(byteorder=">", data=grey(np.uint16))),
    Valid("tiff-float", "stack.tif", _tiff(data=grey(np.float32))),
    Valid(
        "tiff-imagej",
        "stack.tif",
        _tiff(imagej=True, metadata={"axes": "ZYX", "spacing": 0.01, "unit": "um"}),
    ),
    Valid("tiff-hyperstack", "stack.tif", write_hyperstack, ReadOptions(dataset="1")),
    Valid("bigtiff", "stack.tif", _tiff(bigtiff=True)),
    Valid("tiff-ome", "stack.ome.tif", _tiff(ome=True, metadata={"axes": "ZYX"})),
    Valid("tiff-lzw", "stack.tif", _tiff(compression="lzw")),
    Valid("tiff-deflate", "stack.tif", _tiff(compression="deflate", predictor=True)),
    Valid("tiff-packbits", "stack.tif", _tiff(compression="packbits")),
    Valid("tiff-zstd", "stack.tif", _tiff(compression="zstd")),
    Valid("tiff-tiles", "stack.tif", _tiff(tile=(16, 16))),
    Valid("tiff-palette", "stack.tif", write_palette),
    Valid("tiff-rgb", "stack.tif", write_rgb, ReadOptions(dataset="red")),
    Valid("png", "slice.png", write_picture),
    Valid("jpeg", "slice.jpg", write_picture),
    Valid("bmp", "slice.bmp", write_picture),
    Valid("mrc", "stack.mrc", write_mrc, header_bytes=1024),
    Valid("mha", "stack.mha", write_itk, header_bytes=200),
    Valid("nrrd", "stack.nrrd", write_itk, header_bytes=200),
    Valid("nrrd-gzip", "stack.nrrd", lambda path: write_itk(path, compress=True), header_bytes=200),
    Valid("nifti", "stack.nii", write_itk, header_bytes=352),
    Valid("nifti-gzip", "stack.nii.gz", write_itk),
    Valid("hdf5", "stack.h5", write_hdf5, header_bytes=96),
    Valid("hdf5-gzip", "stack.h5", lambda path: write_hdf5(path, chunks=(1, 24, 32), compression="gzip")),
    Valid("dat", "slice.dat", write_dat, header_bytes=1024),
    Valid("raw", "stack.raw", write_raw, RAW, header_bytes=32),
)

FOLDERS: tuple[Valid, ...] = (
    Valid("zarr2", "stack.zarr", lambda path: write_zarr(path, 2), folder=True),
    Valid("zarr3", "stack.zarr", write_zarr, folder=True),
    Valid("ome-zarr2", "stack.ome.zarr", lambda path: write_zarr(path, 2, ome=True), folder=True),
    Valid("ome-zarr3", "stack.ome.zarr", lambda path: write_zarr(path, ome=True), folder=True),
    Valid("mhd", "stack.mhd", write_itk, header_bytes=200),
    Valid("png-slices", "slices", write_slices, folder=True),
    Valid("tiff-slices", "slices", lambda path: write_slices(path, ".tif"), folder=True),
    Valid("dat-slices", "slices", lambda path: write_slices(path, ".dat"), folder=True),
)


def _pages(path: Path) -> None:
    with tifffile.TiffWriter(path) as writer:
        for plane in grey():
            writer.write(plane, contiguous=False)


def valid(name: str) -> Valid:
    """The kind of input called `name`."""
    return next(kind for kind in (*FILES, *FOLDERS) if kind.id == name)

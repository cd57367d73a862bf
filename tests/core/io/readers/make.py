"""Small files of every format that is read, with known values and voxel size."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import mrcfile
import numpy as np
import SimpleITK as sitk
import tifffile
import zarr
from PIL import Image

from core.io import ReadOptions

VOXEL_NM = (20.0, 5.0, 4.0)
Array = np.ndarray[Any, np.dtype[Any]]
Built = tuple[Path, ReadOptions]


def ramp(shape: tuple[int, ...] = (6, 11, 13), dtype: str = "uint8", seed: int = 0) -> Array:
    """Values that differ from voxel to voxel and slice to slice."""
    values = np.random.default_rng(seed).integers(0, 250, shape)
    return values.astype(dtype)


def imagej(folder: Path, data: Array, *, unit: str = "um", per_nm: float = 1e-3, **rest: Any) -> Path:
    """ImageJ stack with calibration."""
    path = folder / "imagej.tif"
    z, y, x = VOXEL_NM
    tifffile.imwrite(
        path, data, imagej=True, resolution=(1 / (x * per_nm), 1 / (y * per_nm)),
        metadata={"unit": unit, "spacing": z * per_nm, "axes": "ZYX"}, **rest,
    )  # fmt: skip
    return path


def long_imagej(path: Path, shape: tuple[int, int, int], marks: dict[int, float], dtype: str = ">u2") -> Path:
    """The form ImageJ writes beyond 4 GB: one page, then bare values; sparse, so that it fills no disk.

    Slice `z` of `marks` is filled with its value along its first row; all else is 0.
    """
    depth, rows, columns = shape
    item = np.dtype(dtype)
    text = f"ImageJ=1.53t\nimages={depth}\nslices={depth}\nunit=micron\nspacing=0.02\nloop=false\n\0".encode()
    entries = [
        (256, 4, columns), (257, 4, rows), (258, 3, item.itemsize * 8), (259, 3, 1), (262, 3, 1),
        (270, 2, None), (273, 4, 4096), (277, 3, 1), (278, 4, rows), (279, 4, rows * columns * item.itemsize),
        (282, 5, 1024), (283, 5, 1032), (296, 3, 1), (339, 3, 3 if item.kind == "f" else 1),
    ]  # fmt: skip
    head = bytearray(4096)
    struct.pack_into(">2sHI", head, 0, b"MM", 42, 8)
    struct.pack_into(">H", head, 8, len(entries))
    for number, (tag, kind, value) in enumerate(entries):
        place = 10 + 12 * number
        if tag == 270:
            struct.pack_into(">HHII", head, place, tag, kind, len(text), 512)
        elif kind == 3:
            struct.pack_into(">HHIHH", head, place, tag, kind, 1, value, 0)
        else:
            struct.pack_into(">HHII", head, place, tag, kind, 1, value)
    head[512 : 512 + len(text)] = text
    struct.pack_into(">4I", head, 1024, 250, 1, 200, 1)
    step = rows * columns * item.itemsize
    with path.open("wb") as file:
        file.write(head)
        for z, value in marks.items():
            file.seek(4096 + z * step)
            file.write(np.full(columns, value, item).tobytes())
        file.truncate(4096 + depth * step)
    return path


def slices(folder: Path, data: Array, name: str = "slice_{:d}.png", first: int = 1) -> Path:
    """One picture per slice, numbered from `first`."""
    inner = folder / "slices"
    inner.mkdir()
    for number, plane in enumerate(data, first):
        path = inner / name.format(number)
        if path.suffix == ".tif":
            tifffile.imwrite(path, plane)
        else:
            Image.fromarray(plane).save(path)
    return inner


def janelia(path: Path, planes: Array, *, version: int = 9, pixel_nm: float = 8.0) -> Path:
    """Janelia .dat of one slice; `planes` has shape (rows, columns, detectors)."""
    rows, columns, detectors = planes.shape
    head = bytearray(1024)
    struct.pack_into(">IHH10s", head, 0, 3555587570, version, 1, b"01/23/2021")
    struct.pack_into(">BB", head, 32, detectors, planes.dtype.itemsize == 1)
    struct.pack_into(">II", head, 100, columns, rows)
    struct.pack_into(">f", head, 112, 2e6)
    head[151 : 151 + detectors] = b"\1" * detectors
    struct.pack_into("10s18s", head, 380, b"InLens", b"ESB")
    struct.pack_into(">ff", head, 464, pixel_nm, 3.0)
    struct.pack_into(">f", head, 472, 1.2)
    struct.pack_into(">f", head, 490, 3e-9)
    struct.pack_into("30s", head, 800, b"Jeiss7/Merlin-6282")
    path.write_bytes(bytes(head) + planes.astype(planes.dtype.newbyteorder(">")).tobytes())
    return path


def nifti(path: Path, data: Array, *, unit: int = 3, slope: float = 0.0, order: str = "<") -> Path:
    """NIfTI-1 in one file, written by hand (SimpleITK's own writer knows mm only)."""
    codes = {"uint8": 2, "int16": 4, "int32": 8, "float32": 16, "float64": 64, "int8": 256, "uint16": 512}
    head = bytearray(352)
    z, y, x = data.shape
    struct.pack_into(order + "i", head, 0, 348)
    struct.pack_into(order + "8h", head, 40, 3, x, y, z, 1, 1, 1, 1)
    struct.pack_into(order + "2h", head, 70, codes[data.dtype.name], data.dtype.itemsize * 8)
    struct.pack_into(order + "8f", head, 76, 1, *(size / 1e3 for size in VOXEL_NM[::-1]), 1, 1, 1, 1)
    struct.pack_into(order + "3f", head, 108, 352, slope, 0)
    head[123] = unit
    head[344:348] = b"n+1\0"
    path.write_bytes(bytes(head) + data.astype(data.dtype.newbyteorder(order)).tobytes())
    return path


# ---------------------------------------------------------------- one builder per format
def _tiff(folder: Path, data: Array, **how: Any) -> Built:
    path = folder / "pages.tif"
    tifffile.imwrite(path, data, photometric="minisblack", metadata=None, **how)
    return path, ReadOptions()


def _ome(folder: Path, data: Array) -> Built:
    path = folder / "stack.ome.tif"
    z, y, x = VOXEL_NM
    sizes = {
        "PhysicalSizeZ": z,
        "PhysicalSizeY": y / 1e3,
        "PhysicalSizeX": x / 1e3,
        "PhysicalSizeZUnit": "nm",
    }
    tifffile.imwrite(path, data, ome=True, metadata={"axes": "ZYX", **sizes})
    return path, ReadOptions()


def _slices(name: str) -> Callable[[Path, Array], Built]:
    return lambda folder, data: (slices(folder, data, name), ReadOptions())


def _mrc(folder: Path, data: Array) -> Built:
    path = folder / "volume.mrc"
    with mrcfile.new(path) as file:
        file.set_data(data.astype(np.uint16) if data.dtype == np.uint8 else data)
        file.set_volume()
        file.voxel_size = tuple(size * 10 for size in VOXEL_NM[::-1])
    return path, ReadOptions()


def _itk(name: str, *, packed: bool = False) -> Callable[[Path, Array], Built]:
    def build(folder: Path, data: Array) -> Built:
        image = sitk.GetImageFromArray(data)
        image.SetSpacing([size / 1e6 for size in VOXEL_NM[::-1]])
        sitk.WriteImage(image, str(folder / name), useCompression=packed)
        return folder / name, ReadOptions()

    return build


def _nifti(folder: Path, data: Array) -> Built:
    return nifti(folder / "volume.nii", data), ReadOptions()


def _hdf5(folder: Path, data: Array) -> Built:
    path = folder / "volume.h5"
    with h5py.File(path, "w") as file:
        item = file.create_dataset("exported/data", data=data, chunks=True, compression="gzip")
        item.attrs["element_size_um"] = [size / 1e3 for size in VOXEL_NM]
    return path, ReadOptions()


def _zarr(version: int) -> Callable[[Path, Array], Built]:
    def build(folder: Path, data: Array) -> Built:
        path = folder / f"v{version}.ome.zarr"
        group = zarr.create_group(path, zarr_format=version)
        array = group.create_array("0", shape=data.shape, dtype=data.dtype, chunks=(2, 8, 8))
        array[:] = data
        axes = [{"name": axis, "type": "space", "unit": "micrometer"} for axis in "zyx"]
        scale = [{"type": "scale", "scale": [size / 1e3 for size in VOXEL_NM]}]
        entry = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}
        if version == 3:
            group.attrs["ome"] = {"version": "0.5", "multiscales": [entry]}
        else:
            group.attrs["multiscales"] = [{"version": "0.4", **entry}]
        return path, ReadOptions()

    return build


def _dat(folder: Path, data: Array) -> Built:
    inner = folder / "dat"
    inner.mkdir()
    for number, plane in enumerate(data):
        janelia(inner / f"Merlin_{number:04d}.dat", np.stack([plane, plane + 1], axis=-1))
    return inner, ReadOptions(dataset="InLens")


def _raw(folder: Path, data: Array) -> Built:
    path = folder / "volume.bin"
    path.write_bytes(b"head" + data.astype(data.dtype.newbyteorder(">")).tobytes())
    shape = data.shape[0], data.shape[1], data.shape[2]
    name: Any = data.dtype.name
    return path, ReadOptions(raw_shape_zyx=shape, raw_dtype=name, raw_offset=4, raw_order="big")


def _described_raw(folder: Path, data: Array) -> Built:
    path = folder / "volume.raw"
    path.write_bytes(data.astype(data.dtype.newbyteorder("<")).tobytes())
    table = {
        "shape_zyx": data.shape,
        "dtype": data.dtype.name,
        "voxel_nm_zyx": VOXEL_NM,
        "byte_order": "little",
    }
    (folder / "volume.raw.json").write_text(json.dumps(table))
    return path, ReadOptions()


FORMATS: dict[str, Callable[[Path, Array], Built]] = {
    "tiff": _tiff,
    "tiff-lzw": lambda folder, data: _tiff(folder, data, compression="lzw", rowsperstrip=3),
    "tiff-deflate": lambda folder, data: _tiff(folder, data, compression="zlib", predictor=True),
    "tiff-packbits": lambda folder, data: _tiff(folder, data, compression="packbits", rowsperstrip=4),
    "tiff-strips": lambda folder, data: _tiff(folder, data, rowsperstrip=4),
    "tiff-tiles": lambda folder, data: _tiff(folder, data, tile=(16, 16)),
    "tiff-big-endian": lambda folder, data: _tiff(folder, data, byteorder=">"),
    "bigtiff": lambda folder, data: _tiff(folder, data, bigtiff=True),
    "imagej": lambda folder, data: (imagej(folder, data), ReadOptions()),
    "ome-tiff": _ome,
    "png-slices": _slices("slice_{:d}.png"),
    "tif-slices": _slices("slice_{:05d}.tif"),
    "bmp-slices": _slices("slice {:d}.bmp"),
    "mrc": _mrc,
    "mhd": _itk("volume.mhd"),
    "mha": _itk("volume.mha"),
    "mha-packed": _itk("volume.mha", packed=True),
    "nrrd": _itk("volume.nrrd"),
    "nrrd-packed": _itk("volume.nrrd", packed=True),
    "nifti": _nifti,
    "hdf5": _hdf5,
    "zarr-2": _zarr(2),
    "zarr-3": _zarr(3),
    "dat-slices": _dat,
    "raw": _raw,
    "raw-described": _described_raw,
}
SIZED = frozenset(
    {
        "imagej",
        "ome-tiff",
        "mrc",
        "mhd",
        "mha",
        "mha-packed",
        "nrrd",
        "nrrd-packed",
        "nifti",
        "hdf5",
        "zarr-2",
    }
    | {"zarr-3", "raw-described"}
)
EIGHT_BIT_ONLY = frozenset({"bmp-slices"})

"""MetaImage, NRRD and NIfTI: plain values straight from the file, compressed ones through SimpleITK."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import NotEnoughMemoryError
from core.io.flat import FlatSource
from core.io.found import Found
from core.io.guard import file_size, reading, require_bytes, require_plausible
from core.io.itk_headers import VoxelFile, metaimage, nifti, nrrd
from core.io.options import ReadOptions
from core.io.values import as_delivered, delivered, type_note
from core.job import Job
from core.volume import ALL, Array, Shape, Source, extent

_GZIP_RATIO = 1100


def recognises_metaimage(_path: Path, head: bytes) -> bool:
    """By its first keys: text that begins with ObjectType, NDims or a comment of MetaIO."""
    start = head[:256].lstrip()
    return b"=" in start and start.split(b"=")[0].strip() in (b"ObjectType", b"NDims", b"Comment")


def recognises_nrrd(_path: Path, head: bytes) -> bool:
    """By ``NRRD000``."""
    return head.startswith(b"NRRD000")


def recognises_nifti(path: Path, head: bytes) -> bool:
    """By the magic of version 1 or 2, also inside gzip."""
    if head.startswith(b"\x1f\x8b"):
        return path.name.lower().endswith(".nii.gz")
    return head[344:347] in (b"n+1", b"ni1") or head[4:7] in (b"n+2", b"ni2")


@dataclass(frozen=True)
class ItkSource:
    """Values that only SimpleITK decodes, as a whole; kept in memory per object once asked for, not pickled.

    Attributes
    ----------
    path : Path
        The file.
    shape : tuple of int
        (z, y, x).
    stored : str
        Type of the values.
    """

    path: Path
    shape: Shape
    stored: str
    _kept: dict[str, Array] = field(default_factory=dict, compare=False, repr=False)
    _lock: Any = field(default_factory=threading.Lock, compare=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return (ItkSource, (self.path, self.shape, self.stored))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return delivered(np.dtype(self.stored), self.path)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return the asked range.

        Raises
        ------
        NotEnoughMemoryError
            If the whole volume would fill more than half of the free memory.
        """
        ranges = [slice(*extent(part, size)) for part, size in zip((z, y, x), self.shape, strict=True)]
        with self._lock:
            if "all" not in self._kept:
                self._kept["all"] = self._decode()
        return self._kept["all"][tuple(ranges)].copy()

    def _decode(self) -> Array:
        import psutil
        import SimpleITK as sitk

        depth, rows, columns = self.shape
        needed = 2 * depth * rows * columns * np.dtype(self.stored).itemsize
        free = int(psutil.virtual_memory().available)
        if needed > free // 2:
            raise NotEnoughMemoryError(
                f"{self.path.name} is compressed and can be decoded as a whole only",
                expected=f"{needed / 2**30:.1f} GiB of free memory, twice over",
                got=f"{free / 2**30:.1f} GiB",
                remedy="save it uncompressed: then it is read slice by slice",
            )
        with reading(self.path, "volume"):
            data = sitk.GetArrayFromImage(sitk.ReadImage(str(self.path)))
            return as_delivered(data.reshape(self.shape), self.path)


def open_metaimage(path: Path, _options: ReadOptions, _job: Job) -> Found:
    """Open a MetaImage (.mhd with its data file, or .mha)."""
    with reading(path, "MetaImage"):
        return _found(path, metaimage(path), "MetaImage")


def open_nrrd(path: Path, _options: ReadOptions, _job: Job) -> Found:
    """Open a NRRD (.nrrd, or .nhdr with its data file)."""
    with reading(path, "NRRD file"):
        return _found(path, nrrd(path), "NRRD")


def open_nifti(path: Path, _options: ReadOptions, _job: Job) -> Found:
    """Open a NIfTI volume (.nii, .nii.gz, or .hdr with .img)."""
    with reading(path, "NIfTI file"):
        return _found(path, nifti(path), "NIfTI")


def _found(path: Path, header: VoxelFile, kind: str) -> Found:
    """Source for what the header describes; `header.offset` is None where the values are not plain."""
    depth, rows, columns = header.shape
    stored = np.dtype(header.stored)
    size = file_size(header.data)
    step = rows * columns * stored.itemsize
    source: Source
    if header.offset is not None:
        start = header.offset if header.offset >= 0 else size - depth * step
        require_bytes(header.data, expected=max(start, 0) + depth * step, got=size, kind=kind)
        source = FlatSource(header.data, header.shape, stored.str, range(start, start + depth * step, step))
    else:
        pixels, nbytes = rows * columns, depth * step
        require_plausible(
            header.data, pixels=pixels, nbytes=nbytes, stored=size, ratio=_GZIP_RATIO, kind=kind
        )
        source = ItkSource(path, header.shape, stored.str)
    files = (path,) if header.data == path else (path, header.data)
    return Found(source, kind, files, header.voxel_nm, notes=(*header.notes, *type_note(stored)))

"""MetaImage, NRRD and NIfTI: plain values straight from the file, packed ones as a whole."""

from __future__ import annotations

import math
import threading
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from core.errors import NotEnoughMemoryError
from core.io.flat import FlatSource
from core.io.found import Found
from core.io.guard import file_size, reading, require_bytes, require_plausible
from core.io.options import ReadOptions
from core.io.values import as_delivered, delivered, type_note
from core.io.voxel_headers import VoxelFile, metaimage, nifti, nrrd
from core.job import Job
from core.volume import ALL, Array, Shape, Source, extent

_DEFLATE_RATIO: Final = 1100
_ANY_DEFLATE: Final = 47  # zlib: the largest window, and gzip or zlib by its own header
_PIECE: Final = 2**20


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
class PackedSource:
    """Values that can be unpacked as a whole only; kept in memory per object once asked for, not pickled.

    Attributes
    ----------
    path : Path
        The header, or the one file.
    header : VoxelFile
        What it says.
    """

    path: Path
    header: VoxelFile
    _kept: dict[str, Array] = field(default_factory=dict, compare=False, repr=False)
    _lock: Any = field(default_factory=threading.Lock, compare=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return (PackedSource, (self.path, self.header))

    @property
    def shape(self) -> Shape:
        """Slices, rows, columns."""
        return self.header.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels, in native byte order."""
        return delivered(np.dtype(self.header.stored), self.path)

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
                self._require_memory()
                with reading(self.path, "volume"):
                    self._kept["all"] = self._unpacked()
        return self._kept["all"][tuple(ranges)].copy()

    def _require_memory(self) -> None:
        from core import machine

        depth, rows, columns = self.shape
        needed = 2 * depth * rows * columns * np.dtype(self.header.stored).itemsize
        free = machine.free_bytes()
        if needed > free // 2:
            raise NotEnoughMemoryError(
                f"{self.path.name} is compressed and can be unpacked as a whole only",
                expected=f"{2 * needed / 2**30:.1f} GiB of free memory",
                got=f"{free / 2**30:.1f} GiB",
                remedy="save it uncompressed: then it is read slice by slice",
            )

    def _unpacked(self) -> Array:
        count = math.prod(self.shape)
        data = _inflated(self.header, count * np.dtype(self.header.stored).itemsize)
        return as_delivered(data.reshape(self.shape), self.path)


def _inflated(header: VoxelFile, nbytes: int) -> Array:
    """Unpack gzip or zlib, never more than is due, and check its checksum."""
    # A gzipped NIfTI packs its header too; elsewhere the packed stream starts behind a plain header.
    inside = header.offset if header.data.name.lower().endswith(".gz") else 0
    with header.data.open("rb") as file:
        file.seek(header.offset - inside)
        out = _inflate(file, inside + nbytes)
    require_bytes(header.data, expected=inside + nbytes, got=len(out), kind="compressed volume")
    return np.frombuffer(out, header.stored, offset=inside)


def _inflate(file: BinaryIO, total: int) -> bytearray:
    """First `total` bytes of a gzip (also of several members) or zlib stream."""
    out, unpacker, piece = bytearray(), zlib.decompressobj(wbits=_ANY_DEFLATE), b""
    while len(out) < total:
        piece = unpacker.unconsumed_tail or unpacker.unused_data or file.read(_PIECE)
        if unpacker.eof:
            unpacker = zlib.decompressobj(wbits=_ANY_DEFLATE)
        if not piece:
            break
        out += unpacker.decompress(piece, total - len(out))
    while not unpacker.eof:  # the checksum follows the last value
        piece = unpacker.unconsumed_tail or file.read(_PIECE)
        if not piece:
            raise EOFError("the compressed stream ends before its checksum")
        if unpacker.decompress(piece, 1):
            break
    return out


@dataclass(frozen=True)
class ScaledSource:
    """Stored values times slope plus intercept, as decimal numbers."""

    source: Source
    slope: float
    intercept: float

    @property
    def shape(self) -> Shape:
        """Slices, rows, columns."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32, or float64 where 32-bit values need it."""
        return np.dtype(np.float32 if self.source.dtype.itemsize <= 2 else np.float64)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return the asked range."""
        data = self.source.read(z, y, x).astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):  # a senseless slope gives inf, which shows
            return (data * self.slope + self.intercept).astype(self.dtype)


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
    depth, rows, columns = header.shape
    stored = np.dtype(header.stored)
    size = file_size(header.data)
    step = rows * columns * stored.itemsize
    source: Source
    if not header.packed:
        start = header.offset if header.offset >= 0 else max(size - depth * step, 0)
        require_bytes(header.data, expected=start + depth * step, got=size, kind=kind)
        source = FlatSource(header.data, header.shape, stored.str, range(start, start + depth * step, step))
    else:
        require_plausible(
            header.data,
            pixels=rows * columns,
            nbytes=depth * step,
            stored=size,
            ratio=_DEFLATE_RATIO,
            kind=kind,
        )
        source = PackedSource(path, header)
    if header.scale is not None:
        source = ScaledSource(source, *header.scale)
    files = (path,) if header.data == path else (path, header.data)
    return Found(source, kind, files, header.voxel_nm, notes=(*header.notes, *type_note(stored)))

"""HDF5: any three-dimensional data set, read by region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.errors import DamagedFileError, UnsupportedFormatError
from core.io.attributes import stated_voxel
from core.io.axes import Selection, candidates, chosen, region
from core.io.found import Found
from core.io.guard import file_size, reading
from core.io.options import ReadOptions
from core.io.values import as_delivered, delivered, type_note
from core.job import Job
from core.volume import ALL, Array, Shape, extent

MAGIC: Final = b"\x89HDF\r\n\x1a\n"
_RATIO: Final = 100_000  # stacked filters reach far; claims beyond this are lies
_TRUSTED_BYTES: Final = 2**30


def recognises(path: Path, head: bytes) -> bool:
    """By the signature, which may stand behind a user block of 512, 1024, ... bytes."""
    return any(head[place : place + 8] == MAGIC for place in (0, 512, 1024, 2048))


@dataclass(frozen=True)
class H5Source:
    """One data set of a file; the file is opened for each reading.

    Attributes
    ----------
    path : Path
        The file.
    name : str
        Path of the data set within the file.
    selection : Selection
        Where its axes go.
    shape : tuple of int
        (z, y, x).
    stored : str
        Type of the values.
    """

    path: Path
    name: str
    selection: Selection
    shape: Shape
    stored: str

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels, in native byte order."""
        return delivered(np.dtype(self.stored), self.path)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return the asked range; only the chunks it meets are decoded."""
        import h5py

        parts = [slice(*extent(part, size)) for part, size in zip((z, y, x), self.shape, strict=True)]
        shape = tuple(part.stop - part.start for part in parts)
        with reading(self.path, "HDF5 file"), h5py.File(self.path, "r", locking=False) as file:
            data = np.asarray(file[self.name][region(self.selection, parts)])
            return as_delivered(data.reshape(shape), self.path)


def open_hdf5(path: Path, options: ReadOptions, _job: Job) -> Found:
    """Open one data set.

    Raises
    ------
    AmbiguousInputError
        If there are several and ``dataset`` names none.
    UnsupportedFormatError
        If there is no data set that could be a volume.
    """
    import h5py

    file_size(path)
    with reading(path, "HDF5 file"), h5py.File(path, "r", locking=False) as file:
        found: dict[str, Any] = {}

        def visit(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset) and item.dtype.kind in "biuf":
                found["/" + name] = item

        file.visititems(visit)
        shapes = {name: tuple(item.shape) for name, item in found.items()}
        name, selection = chosen(candidates(shapes), options.dataset, path)
        item = found[name]
        _require_written(item, name, path)
        shape = selection.shape_of(item.shape)
        voxel_nm, notes = stated_voxel(_attributes(item), _attributes(file))
        source = H5Source(path, name, selection, shape, item.dtype.str)
        notes = (*notes, *type_note(item.dtype), *selection.notes, *_others(shapes, name))
    return Found(source, f"HDF5 data set {name}", (path,), voxel_nm, notes=notes)


def _require_written(item: Any, name: str, path: Path) -> None:
    """Refuse claims that no stored bytes stand behind."""
    stored = int(item.id.get_storage_size())
    if stored == 0 and not item.external:
        raise DamagedFileError(f"{path.name}: the data set {name} was never written", got="no stored values")
    if item.nbytes > max(_TRUSTED_BYTES, _RATIO * stored) and not item.external:
        raise DamagedFileError(
            f"{path.name}: the data set {name} claims more than the file can hold",
            expected=f"at most {_RATIO * stored:,} bytes",
            got=f"{item.nbytes:,} bytes",
        )
    if item.external:
        raise UnsupportedFormatError(f"{path.name}: the values of {name} lie in another file")


def _attributes(item: Any) -> Mapping[str, Any]:
    """Small attributes; those of types unknown to numpy are left out."""
    found: dict[str, Any] = {}
    for key in item.attrs:
        kind = item.attrs.get_id(key)
        if kind.get_storage_size() <= 2**16:
            try:
                found[key] = item.attrs[key]
            except (TypeError, OSError, ValueError):
                continue  # an attribute of an unknown type says nothing about voxels
    return found


def _others(shapes: Mapping[str, tuple[int, ...]], name: str) -> tuple[str, ...]:
    others = [other for other in shapes if other != name]
    return (f"other data sets in the file: {', '.join(others[:8])}.",) if others else ()

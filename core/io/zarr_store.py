"""Zarr v2 and v3 folders: OME-Zarr images, plain arrays, and the results of this program."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.errors import DamagedFileError, UnsupportedFormatError
from core.io.attributes import stated_voxel
from core.io.axes import Selection, candidates, chosen, region
from core.io.found import Found
from core.io.guard import reading
from core.io.ome_zarr import Image, images, level_of
from core.io.options import ReadOptions
from core.io.values import as_delivered, delivered, type_note
from core.job import Job
from core.volume import ALL, CONTENTS, Array, Content, Shape, extent, polygon_of

MARKERS: Final = ("zarr.json", ".zgroup", ".zarray", ".zattrs")
_COUNTED_CHUNKS: Final = 20_000
_DEPTH: Final = 4
_MOST_CHUNKS: Final = 20_000
_LARGEST_CHUNK: Final = 2**31


def is_zarr(path: Path) -> bool:
    """Whether a folder is a Zarr array or group."""
    return any(os.path.isfile(path / name) for name in MARKERS)


@dataclass(frozen=True)
class ZarrSource:
    """One array of a store. The open array is kept per object, not pickled, and read by several threads.

    Attributes
    ----------
    path : Path
        The store.
    name : str
        Path of the array within the store; empty if the store is the array.
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
    _open: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": {}}

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels, in native byte order."""
        return delivered(np.dtype(self.stored), self.path)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return the asked range; only the chunks it meets are decoded."""
        parts = [slice(*extent(part, size)) for part, size in zip((z, y, x), self.shape, strict=True)]
        shape = tuple(part.stop - part.start for part in parts)
        with reading(self.path, "Zarr array"):
            data = np.asarray(self._array()[region(self.selection, parts)])
            return as_delivered(data.reshape(shape), self.path)

    def _array(self) -> Any:
        import zarr

        if "array" not in self._open:
            from core.chunks import CheckedStore, is_blosc

            array = zarr.open_array(self.path / self.name, mode="r")
            if is_blosc(array):
                array = zarr.open_array(CheckedStore(self.path / self.name, blosc=True), mode="r")
            self._open["array"] = array
        return self._open["array"]


def open_zarr(path: Path, options: ReadOptions, _job: Job) -> Found:
    """Open one array of a store.

    Raises
    ------
    AmbiguousInputError
        If several images, arrays or channels are there and ``dataset`` names none.
    DamagedFileError
        If the store contradicts itself.
    """
    import zarr

    with reading(path, "Zarr store"):
        node = zarr.open(path, mode="r")
        if isinstance(node, zarr.Array):
            _, selection = chosen({"": tuple(node.shape)}, options.dataset, path)
            return _found(path, "", node, selection, [_attributes(node)], "Zarr array")
        found = images(_attributes(node))
        if found:
            return _open_image(path, node, found[0], options)
        return _open_group(path, node, options)


def _open_image(path: Path, group: Any, image: Image, options: ReadOptions) -> Found:
    shapes = {level.path: tuple(_array_of(group, level.path, path).shape) for level in image.levels}
    level, selection, channel, choices = level_of(image, shapes, options.dataset, path)
    array = _array_of(group, level.path, path)
    found = _found(path, level.path, array, selection, [], f"OME-Zarr {image.version}".strip())
    own = _attributes(group)
    if "voxel_nm" in own and level is image.levels[0]:
        return _with_own(found, own)
    notes = (*found.notes, *image.notes)
    if level is not image.levels[0]:
        notes = (*notes, f"this is the smaller copy {level.path} of the image.")
    return found.with_(voxel_nm=level.voxel_nm, channel=channel, channels=choices, notes=notes)


def _open_group(path: Path, group: Any, options: ReadOptions) -> Found:
    arrays: dict[str, Any] = {}
    inner: dict[str, tuple[Any, Image]] = {}
    _walk(group, "", arrays, inner, _DEPTH)
    named = options.dataset if options.dataset in inner else None
    if named is not None or (len(inner) == 1 and not arrays):
        name = named or next(iter(inner))
        rest = options.model_copy(update={"dataset": None}) if named else options
        found = _open_image(path / name, *inner[name], rest)
        return found.with_(notes=(f"the image {name} of the store is read.", *found.notes))
    shapes = {name: tuple(array.shape) for name, array in arrays.items()}
    shapes |= dict.fromkeys(inner, (2, 2, 2))
    name, selection = chosen(candidates(_as_listed(shapes, _attributes(group))), options.dataset, path)
    attributes = [_attributes(arrays[name]), _attributes(group)]
    return _found(path, name, arrays[name], selection, attributes, "Zarr array")


def _as_listed(shapes: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Put first what a group of this program names as its main arrays, in its attribute ``datasets``."""
    listed = own.get("datasets")
    stated = listed if isinstance(listed, list) else []
    names = [name for name in stated if isinstance(name, str) and name in shapes]
    return {**{name: shapes[name] for name in names}, **shapes}


def _walk(group: Any, prefix: str, arrays: dict[str, Any], inner: dict[str, Any], depth: int) -> None:
    for name, member in sorted(group.members()):
        full = f"{prefix}{name}"
        if hasattr(member, "shape"):
            if member.dtype.kind in "biuf":
                arrays[full] = member
            continue
        found = images(_attributes(member))
        if found:
            inner[full] = (member, found[0])
        elif depth > 1:
            _walk(member, full + "/", arrays, inner, depth - 1)


def _found(
    path: Path,
    name: str,
    array: Any,
    selection: Selection,
    attributes: Sequence[Mapping[str, Any]],
    kind: str,
) -> Found:
    stored = np.dtype(array.dtype)
    _require_readable_chunks(array, selection, path)
    source = ZarrSource(path, name, selection, selection.shape_of(array.shape), stored.str)
    voxel_nm, notes = stated_voxel(*attributes)
    notes = (*notes, *type_note(stored), *_holes(array))
    found = Found(source, kind, _files(path, name), voxel_nm, notes=notes)
    own = next((place for place in attributes if "voxel_nm" in place), None)
    return found if own is None else _with_own(found, own)


def _require_readable_chunks(array: Any, selection: Selection, path: Path) -> None:
    """Refuse chunks that cannot be held in memory, or so small that a slice takes minutes to collect."""
    kept = [
        -(-length // chunk)
        for length, chunk, at in zip(array.shape, array.chunks, selection.index, strict=True)
        if at is None
    ]
    count, nbytes = math.prod(kept[-2:]), math.prod(array.chunks) * array.dtype.itemsize
    if count > _MOST_CHUNKS or nbytes > _LARGEST_CHUNK:
        raise UnsupportedFormatError(
            f"{path.name}: the array is cut into chunks that cannot be read slice by slice",
            expected=f"at most {_MOST_CHUNKS:,} chunks in a slice, each of at most {_LARGEST_CHUNK:,} bytes",
            got=f"{count:,} chunks in a slice, of {nbytes:,} bytes each",
            remedy="write it again with chunks of, for example, 32 × 512 × 512 voxels",
        )


def _with_own(found: Found, own: Mapping[str, Any]) -> Found:
    """What this program states beside its results."""
    voxel_nm, _ = stated_voxel(own)
    channels = own.get("channels") or [""]
    content: Content = own["content"] if own.get("content") in CONTENTS else "grey"
    return found.with_(
        voxel_nm=voxel_nm,
        z_nm=_per_slice(own.get("z_nm"), found, float),
        numbers=_per_slice(own.get("slice_numbers"), found, int),
        channel=str(channels[0]) if len(channels) == 1 else "",
        content=content,
        origin=_per_slice(own.get("origin"), found, int),
        footprint=_per_slice(own.get("footprint"), found, polygon_of),
    )


def _per_slice(values: Any, found: Found, kind: Callable[[Any], Any]) -> Any:
    if values is None or len(values) != found.source.shape[0]:
        return None
    return tuple(kind(value) for value in values)


def _array_of(group: Any, name: str, path: Path) -> Any:
    member = group.get(name)
    if not hasattr(member, "shape"):
        raise DamagedFileError(f"{path.name}: the array {name} that its description names is not there")
    return member


def _files(path: Path, name: str) -> tuple[Path, ...]:
    """Description of the store, and the folder of the array (its many files are listed when asked for)."""
    described = [path / marker for marker in MARKERS if os.path.isfile(path / marker)]
    return (*described, path / name) if name else (path,)


def _attributes(node: Any) -> dict[str, Any]:
    return dict(node.attrs)


def _holes(array: Any) -> tuple[str, ...]:
    """Chunks that are absent read as the fill value: legal where all is 0, but also after a broken copy."""
    if array.nchunks > _COUNTED_CHUNKS:
        return ()
    absent = array.nchunks - array.nchunks_initialized
    if absent == 0:
        return ()
    return (f"{absent} of {array.nchunks} chunks are not stored; they read as {array.fill_value}.",)

"""Where results of recipe prefixes live: one folder per result, filled block by block, safe against kills.

A block counts as done only when its line is in the journal, and the line is written after the voxels.
Whatever a kill leaves behind is either finished and listed, or is written again with the same bytes.
"""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec

from core.block import Observation
from core.chunks import CheckedStore
from core.errors import ProjectError, ReadError
from core.files import make_folder, replacing, write_json, writing
from core.io.guard import reading
from core.step import Estimate
from core.volume import ALL, Array, Shape, Source, Volume, VolumeInfo, extent

E = TypeVar("E", bound=Estimate)
MAX_CHUNK_SIDE = 2048
ARRAY = "data"
_BLOCK = re.compile(r"^(\d{1,9}) (\d{1,9})\n", re.MULTILINE)
_OBSERVED = re.compile(r"(\d{1,9})-(\d{1,9})", re.ASCII)


@dataclass(frozen=True)
class StoredSource:
    """Voxels of a result group on disk.

    The open array is kept per object, not pickled, and safe to read from several threads.
    """

    path: Path
    shape: Shape
    dtype: np.dtype[Any]
    _open: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": {}}

    def array(self, *, writable: bool = False) -> Any:
        """The Zarr array, opened on first use; for reading, every chunk has to be there."""
        name = "writable" if writable else "whole"
        if name not in self._open:
            store = CheckedStore(self.path / ARRAY, read_only=not writable, complete=not writable)
            array = zarr.open_array(store, mode="r+" if writable else "r")
            # Chunks of zeros are stored too: one that is absent is then known to be lost.
            self._open[name] = array.with_config({"write_empty_chunks": True})
        return self._open[name]

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Return the voxels of three contiguous ranges.

        Raises
        ------
        ProjectError
            If chunks are missing or damaged.
        """
        ranges = [slice(*extent(part, size)) for part, size in zip((z, y, x), self.shape, strict=True)]
        try:
            with reading(self.path, "stored result"):
                data: Array = np.asarray(self.array()[tuple(ranges)])
        except ReadError as error:
            raise ProjectError(
                f"a stored result is damaged: {error.what}",
                got=error.got,
                remedy=f"delete the folder {self.path.parent} and run again",
            ) from error
        return data

    def write(self, first: int, planes: Array) -> None:
        """Store whole planes from slice `first` on."""
        with writing(self.path):
            self.array(writable=True)[first : first + planes.shape[0]] = planes


@dataclass(frozen=True)
class ResultStore:
    """The folder of one result: estimate, voxels, journal, and the mark that it is finished."""

    folder: Path

    @property
    def volume_path(self) -> Path:
        """Zarr v3 group with the voxels."""
        return self.folder / "volume.zarr"

    def is_done(self) -> bool:
        """Whether the voxels are complete."""
        return (self.folder / "done.json").is_file()

    def open_for_writing(self, info: VolumeInfo) -> StoredSource:
        """Voxels to fill; made on the first call, found again after a crash."""
        make_folder(self.folder)
        if not self.volume_path.is_dir():
            with writing(self.volume_path):
                _make_group(self.volume_path, info)
        return StoredSource(self.volume_path, info.shape, info.dtype)

    def finish(self, what: Mapping[str, Any]) -> None:
        """Declare the voxels complete."""
        write_json(self.folder / "done.json", dict(what))

    def volume(self, info: VolumeInfo, like: Volume) -> Volume:
        """Return the finished voxels, described by `info`, with the notes and metadata of the input."""
        source: Source = StoredSource(self.volume_path, info.shape, info.dtype)
        return Volume(info, source, like.metadata, like.notes)

    # ---- journal of blocks
    def done_ranges(self) -> list[range]:
        """Slices that are written, as the journal lists them; a torn last line is ignored."""
        try:
            text = (self.folder / "blocks.log").read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return []
        # A torn line that a later run has ended holds one number, or a stop that is too small: both harmless.
        # Whatever else is no block is not counted as done and is written again.
        return [range(int(start), int(stop)) for start, stop in _BLOCK.findall(text)]

    def add_range(self, part: range) -> None:
        """List a block as written."""
        journal = self.folder / "blocks.log"
        with writing(journal), journal.open("ab") as stream:
            # A kill may have torn the last line; starting on a new one keeps the next line readable.
            if stream.tell() > 0 and not _ends_line(Path(stream.name)):
                stream.write(b"\n")
            stream.write(f"{part.start} {part.stop}\n".encode("ascii"))

    # ---- observations and estimates
    def add_observation(self, part: range, seen: Observation) -> None:
        """Keep what a block of the first pass has seen."""
        make_folder(self.folder / "observed")
        named = {f"s:{key}": value for key, value in seen.per_slice.items()}
        named |= {f"t:{key}": value for key, value in seen.total.items()}
        with (
            replacing(self.folder / "observed" / f"{part.start}-{part.stop}.npz") as temporary,
            temporary.open("wb") as stream,
        ):
            np.savez_compressed(stream, allow_pickle=False, **named)

    def observations(self) -> dict[range, Path]:
        """Blocks of the first pass that are finished, in slice order."""
        found = {}
        for path in (self.folder / "observed").glob("*-*.npz"):
            match = _OBSERVED.fullmatch(path.stem)
            if match is not None:
                found[range(int(match[1]), int(match[2]))] = path
        return dict(sorted(found.items(), key=lambda item: item[0].start))

    def save_estimate(self, estimate: Mapping[str, Any]) -> None:
        """Keep the estimate; the observations it came from are no longer needed."""
        make_folder(self.folder)
        write_json(self.folder / "estimate.json", dict(estimate))
        shutil.rmtree(self.folder / "observed", ignore_errors=True)

    def has_estimate(self) -> bool:
        """Whether the estimate has been made."""
        return (self.folder / "estimate.json").is_file()

    def load_estimate(self, kind: type[E]) -> E | None:
        """Read the estimate; None if it has not been made.

        Raises
        ------
        ProjectError
            If it is damaged, or of another step.
        """
        path = self.folder / "estimate.json"
        if not path.is_file():
            return None
        try:
            return kind.model_validate_json(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ProjectError(
                f"the stored estimate {path} cannot be read",
                expected=f"the values of a {kind.__name__}",
                got=str(error)[:300],
                remedy="delete this file and run again",
            ) from error


def load_observation(path: Path) -> Observation:
    """Read what `ResultStore.add_observation` wrote.

    Raises
    ------
    ProjectError
        If the file is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            per_slice = {key[2:]: arrays[key] for key in arrays.files if key.startswith("s:")}
            total = {key[2:]: arrays[key] for key in arrays.files if key.startswith("t:")}
    except (OSError, ValueError, EOFError, AttributeError, KeyError, zipfile.BadZipFile) as error:
        raise ProjectError(
            f"what the first pass has seen cannot be read from {path}",
            got=str(error)[:300],
            remedy="delete this file and run again",
        ) from error
    return Observation(per_slice, total)


def missing_ranges(count: int, done: Iterable[range], longest: int) -> list[range]:
    """Blocks of at most `longest` slices that cover what of 0..count is not done.

    Parameters
    ----------
    count : int
        Number of slices.
    done : iterable of range
        Finished slices, in any order; may overlap.
    longest : int
        Slices per block, at least 1.
    """
    finished = np.zeros(count + 2, dtype=np.int8)
    finished[0] = finished[-1] = 1
    for part in done:
        finished[part.start + 1 : part.stop + 1] = 1
    steps = np.diff(finished)
    starts, stops = np.flatnonzero(steps == -1), np.flatnonzero(steps == 1)
    return [
        range(first, min(first + longest, stop))
        for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)
        for first in range(start, stop, longest)
    ]


def _ends_line(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"


def _make_group(path: Path, info: VolumeInfo) -> None:
    temporary = path.with_name(".making.zarr")
    shutil.rmtree(temporary, ignore_errors=True)
    group = zarr.create_group(temporary, zarr_format=3, attributes=info.stated())
    _, y, x = info.shape
    group.create_array(
        ARRAY,
        shape=info.shape,
        dtype=info.dtype,
        # One slice per chunk: blocks of any size end on chunk borders, and the slice view reads one chunk.
        chunks=(1, min(y, MAX_CHUNK_SIDE), min(x, MAX_CHUNK_SIDE)),
        # The checksum stands outside: a chunk that was damaged on disk is never decoded.
        compressors=(BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle"), Crc32cCodec()),
        fill_value=0,
    )
    os.replace(temporary, path)

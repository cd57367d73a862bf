"""Expected signals on disk: filled image by image, safe against kills.

An image counts as done only when its line is in the journal, and the line is written after the pixels.
Whatever a kill leaves behind is either finished and listed, or is made again with the same bytes.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec

from core.chunks import CheckedStore
from core.errors import ProjectError, ReadError
from core.files import write_text, writing
from core.io.guard import reading
from core.simulate.electrons.world import Balance, Expected
from core.store import MAX_CHUNK_SIDE
from core.volume import Array, Shape

PARTS = ("signal", "standard_error")


@dataclass(frozen=True)
class Image:
    """One entry of the journal: all detectors of a slice at a voltage."""

    voltage: int
    slice: int


@dataclass(frozen=True)
class Entry:
    """What the journal says of a finished image.

    Attributes
    ----------
    balance : dict
        Fields of `Balance`; empty for the fast approximation.
    device : str
        Where it was made.
    """

    balance: dict[str, Any]
    device: str


@dataclass(frozen=True)
class SlicesArray:
    """An array (slices, y, x) of a Zarr v3 group, one slice after the other; every chunk has a checksum."""

    group: Path
    name: str
    _open: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": {}}

    def array(self, *, writable: bool = False) -> Any:
        """The open Zarr array; for reading, every chunk has to be there."""
        key = "writable" if writable else "whole"
        if key not in self._open:
            store = CheckedStore(self.group / self.name, read_only=not writable, complete=not writable)
            array = zarr.open_array(store, mode="r+" if writable else "r")
            self._open[key] = array.with_config({"write_empty_chunks": True})
        return self._open[key]

    def write(self, index: int, plane: Array) -> None:
        """Store one slice."""
        with writing(self.group):
            self.array(writable=True)[index] = plane

    def read(self, index: int) -> Array:
        """One slice, shape (y, x).

        Raises
        ------
        ProjectError
            If its chunks are missing or damaged.
        """
        try:
            with reading(self.group, "simulated signal"):
                plane: Array = np.asarray(self.array()[index])
        except ReadError as error:
            raise ProjectError(
                f"simulated images are damaged: {error.what}",
                got=error.got,
                remedy=f"delete the folder {self.group} and simulate again",
            ) from error
        return plane


def make_arrays(
    group: Path,
    arrays: Mapping[str, tuple[Shape, str]],
    attributes: dict[str, Any],
    of_arrays: Mapping[str, dict[str, Any]] | None = None,
) -> None:
    """Make a Zarr v3 group of arrays of slices, whole or not at all; found again after a kill.

    Parameters
    ----------
    group : Path
        Folder of the group.
    arrays : mapping of str to (shape, dtype)
        By name; a name with ``/`` makes groups on the way.
    attributes : dict
        What the group says of itself.
    of_arrays : mapping of str to dict, optional
        What arrays say of themselves, by name.
    """
    if group.is_dir():
        return
    temporary = group.with_name(f".making-{group.name}")
    with writing(group):
        shutil.rmtree(temporary, ignore_errors=True)
        root = zarr.create_group(temporary, zarr_format=3, attributes=attributes)
        for name, (shape, dtype) in arrays.items():
            root.create_array(
                name,
                shape=shape,
                dtype=dtype,
                chunks=(1, min(shape[1], MAX_CHUNK_SIDE), min(shape[2], MAX_CHUNK_SIDE)),
                compressors=(BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle"), Crc32cCodec()),
                fill_value=0,
                attributes=(of_arrays or {}).get(name),
            )
        group.parent.mkdir(parents=True, exist_ok=True)
        os.replace(temporary, group)


def remove_torn_files(group: Path) -> None:
    """Delete what a kill in the middle of writing has left beside chunks and descriptions."""
    with writing(group):
        for pattern in ("*.partial", ".*.part"):
            for leftover in group.rglob(pattern):
                leftover.unlink(missing_ok=True)


@dataclass(frozen=True)
class ExpectedStore:
    """Expected signal and its standard error of every image.

    Attributes
    ----------
    group : Path
        Zarr group with ``CHANNEL/signal`` and ``CHANNEL/standard_error``, (slices, y, x) float32.
    journal : Path
        Text file that lists the finished images.
    channels : tuple of tuple of str
        Names of the channels, one per detector, of each voltage.
    electrons : int
        Simulated electrons per pixel.
    prefix : str
        Where in the group the channels are, ending with ``/``.
    """

    group: Path
    journal: Path
    channels: tuple[tuple[str, ...], ...]
    electrons: int
    prefix: str = ""

    def arrays(self, shape: Shape) -> dict[str, tuple[Shape, str]]:
        """What to make for it; see `make_arrays`."""
        names = [self._name(name, part) for names in self.channels for name in names for part in PARTS]
        return dict.fromkeys(names, (shape, "float32"))

    def _name(self, channel: str, part: str) -> str:
        return f"{self.prefix}{channel}/{part}"

    def done(self) -> dict[Image, Entry]:
        """Finished images; a torn line is ignored."""
        try:
            lines = self.journal.read_text(encoding="utf-8", errors="replace").split("\n")
        except FileNotFoundError:
            return {}
        found = {}
        # What stands after the last line end was torn by a kill.
        for line in lines[:-1]:
            entry = _entry(line)
            if entry is not None:
                found[entry[0]] = entry[1]
        return found

    def missing(self, shape: Shape) -> set[Image]:
        """Images of a stack of this shape of which pixels are not there."""
        if not self._is_described(shape):
            return self._images(shape)
        sides = (range(math.ceil(size / MAX_CHUNK_SIDE)) for size in shape[1:])
        places = [f"{row}/{column}" for row, column in itertools.product(*sides)]
        return {
            Image(voltage, index)
            for voltage, names in enumerate(self.channels)
            for index in range(shape[0])
            if not all(
                (self.group / self._name(name, part) / "c" / str(index) / place).is_file()
                for name in names
                for part in PARTS
                for place in places
            )
        }

    def take_stock(self, shape: Shape, *, finished: bool) -> None:
        """Bring the journal in line with the pixels: images that have lost some are to be made again.

        Parameters
        ----------
        shape : tuple of int
            (slices, rows, columns) of each channel.
        finished : bool
            Whether all images were made once, so that without a journal those that are there count as made.
        """
        missing = self.missing(shape)
        if finished and not self.journal.is_file():
            done = dict.fromkeys(self._images(shape), Entry({}, ""))
        else:
            done = self.done()
            if not missing & set(done):
                return
        kept = sorted((image.voltage, image.slice) for image in set(done) - missing)
        lines = [_line(Image(*image), done[Image(*image)]) for image in kept]
        write_text(self.journal, "".join(lines))
        if self.group.is_dir() and not self._is_described(shape):
            with writing(self.group):
                shutil.rmtree(self.group)

    def _is_described(self, shape: Shape) -> bool:
        return all((self.group / name / "zarr.json").is_file() for name in ("", *self.arrays(shape)))

    def _images(self, shape: Shape) -> set[Image]:
        return {Image(v, s) for v in range(len(self.channels)) for s in range(shape[0])}

    def write(self, image: Image, expected: Sequence[Expected], balance: Balance | None, device: str) -> None:
        """Store the images of all detectors, then list them as done."""
        for name, one in zip(self.channels[image.voltage], expected, strict=True):
            SlicesArray(self.group, self._name(name, "signal")).write(image.slice, one.signal)
            SlicesArray(self.group, self._name(name, "standard_error")).write(image.slice, one.standard_error)
        entry = Entry({} if balance is None else vars(balance), device)
        with writing(self.journal), self.journal.open("ab") as stream:
            # A kill may have torn the last line: start on a new one.
            stream.write(f"\n{_line(image, entry)}".encode())
            stream.flush()
            os.fsync(stream.fileno())

    def read(self, channel: str, index: int) -> Expected:
        """One image; see `SlicesArray.read`."""
        return Expected(
            SlicesArray(self.group, self._name(channel, "signal")).read(index),
            SlicesArray(self.group, self._name(channel, "standard_error")).read(index),
            self.electrons,
        )


def _line(image: Image, entry: Entry) -> str:
    return json.dumps([image.voltage, image.slice, entry.balance, entry.device], default=_plain) + "\n"


def _plain(number: Any) -> Any:
    return number.item()  # numpy's numbers


def _entry(line: str) -> tuple[Image, Entry] | None:
    try:
        voltage, index, balance, device = json.loads(line)
        if isinstance(balance, dict) and isinstance(voltage, int) and isinstance(index, int):
            return Image(voltage, index), Entry(balance, str(device))
    except (ValueError, TypeError):
        return None
    return None

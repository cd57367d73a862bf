"""The folder of labels: one 8-bit picture per labelled slice, the grey slice beside it, and a header.

::

    labels.json        header, see `LabelledStack`
    slice_00012.tif    labels of slice 12 (counted from 0): 0 not labelled, else the number of a class
    grey_00012.tif     the slice as it was painted on, so that the folder can be trained with by itself
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from core.errors import DamagedFileError, ParameterError, ReadError
from core.files import make_folder, replacing, write_json, writing
from core.io.guard import reading
from core.labels.classes import LabelledStack
from core.volume import Array

HEADER = "labels.json"
_SLICE = re.compile(r"^slice_(\d{5,9})\.tif$", re.ASCII)
_COMPRESSION = "zlib"


@dataclass(frozen=True)
class LabelStore:
    """Labels of some slices of a stack; every file is written whole or not at all."""

    folder: Path

    @property
    def name(self) -> str:
        """How people call it."""
        return self.folder.name

    def exists(self) -> bool:
        """Whether there is anything."""
        return (self.folder / HEADER).is_file()

    def header(self) -> LabelledStack:
        """Read what the labels mean and of which stack they are.

        Raises
        ------
        ReadError
            If there is no such folder, or its header is damaged.
        """
        path = self.folder / HEADER
        if not path.is_file():
            raise ReadError(
                f"{self.folder} is no folder of labels",
                expected=f"a folder with {HEADER}",
                remedy="choose a folder that was made by painting labels",
            )
        try:
            return LabelledStack.model_validate(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError) as error:
            reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            raise DamagedFileError(
                f"{path} cannot be read",
                expected="a header as the program writes it",
                got=reason[:300],
                remedy="restore it from a copy; the labels themselves are in the TIFF files beside it",
            ) from error

    def slices(self) -> tuple[int, ...]:
        """Slices whose labels are there, in order; what lies on disk counts, not what the header lists."""
        if not self.folder.is_dir():
            return ()
        found = (_SLICE.match(path.name) for path in self.folder.iterdir())
        return tuple(sorted(int(match[1]) for match in found if match is not None))

    def labels_path(self, z: int) -> Path:
        """Where the labels of a slice are."""
        return self.folder / f"slice_{z:05d}.tif"

    def grey_path(self, z: int) -> Path:
        """Where the slice itself is."""
        return self.folder / f"grey_{z:05d}.tif"

    # ---- reading
    def labels(self, z: int, stack: LabelledStack) -> Array:
        """Labels of a slice, uint8 of shape (y, x); zeros where nothing was painted.

        Raises
        ------
        ReadError
            If the file is damaged.
        ParameterError
            If it is of another stack.
        """
        path = self.labels_path(z)
        if not path.is_file():
            return np.zeros(stack.shape[1:], np.uint8)
        plane = _read(path)
        if plane.shape != stack.shape[1:] or plane.dtype != np.uint8:
            raise ParameterError(
                f"{path} does not fit the stack",
                expected=f"{stack.shape[1]} x {stack.shape[2]} px of 8 bits",
                got=f"{' x '.join(map(str, plane.shape))} px of {plane.dtype}",
                remedy="take the file out of the folder, or open the stack it belongs to",
            )
        return plane

    def grey(self, z: int) -> Array:
        """The slice that was painted on.

        Raises
        ------
        ReadError
            If it is not there, or damaged.
        """
        return _read(self.grey_path(z))

    # ---- writing
    def write(self, z: int, labels: Array, stack: LabelledStack, grey: Array | None = None) -> None:
        """Keep the labels of a slice; where nothing is labelled, the slice is taken out.

        Parameters
        ----------
        z : int
            Slice, from 0.
        labels : ndarray of uint8, shape (y, x)
        stack : LabelledStack
            Header; the list of slices is brought up to date.
        grey : ndarray, shape (y, x), optional
            The slice itself.

        Raises
        ------
        WriteError
            If the folder cannot be written to.
        """
        if not labels.any():
            self.remove(z, stack)
            return
        make_folder(self.folder)
        if grey is not None:
            _write(self.grey_path(z), grey)
        _write(self.labels_path(z), labels)
        self.write_header(stack)

    def remove(self, z: int, stack: LabelledStack) -> None:
        """Take the labels of a slice out."""
        for path in (self.labels_path(z), self.grey_path(z)):
            with writing(path):
                path.unlink(missing_ok=True)
        if self.folder.is_dir():
            self.write_header(stack)

    def write_header(self, stack: LabelledStack) -> None:
        """Keep the header, with the slices that are there."""
        make_folder(self.folder)
        known = stack.model_copy(update={"slices": self.slices()})
        write_json(self.folder / HEADER, known.model_dump(mode="json"))


def stores_in(folder: Path) -> tuple[LabelStore, ...]:
    """All folders of labels in a folder (``labels`` of a project), by name."""
    if not folder.is_dir():
        return ()
    found = (LabelStore(path) for path in sorted(folder.iterdir()) if path.is_dir())
    return tuple(store for store in found if store.exists())


def _read(path: Path) -> Array:
    import tifffile

    with reading(path, "TIFF file"):
        return np.asarray(tifffile.imread(path))


def _write(path: Path, plane: Array) -> None:
    import tifffile

    with replacing(path) as temporary:
        tifffile.imwrite(temporary, plane, compression=_COMPRESSION, photometric="minisblack", metadata=None)

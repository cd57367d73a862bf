"""Models that come as one file: the ZIP archives of the BioImage Model Zoo."""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from core.errors import DamagedFileError, ReadError
from core.models.rdf import FILE_NAMES

KEPT = frozenset({".yaml", ".yml", ".onnx", ".npy", ".png", ".jpg", ".jpeg", ".md", ".txt", ".tif", ".tiff"})
"""What is taken over of a model; programs and weights of other kinds are not."""

_MOST_BYTES = 1 << 30
_UNREADABLE = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError)


@contextlib.contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The folder of a model, whichever way it comes.

    Parameters
    ----------
    path : Path
        The folder, its card, or a ZIP archive; the archive is unpacked for as long as the block lasts.

    Raises
    ------
    ReadError
        If there is no such file.
    DamagedFileError
        If it is none of these, or larger than 1 GiB.
    """
    if path.is_dir():
        yield path
    elif path.name in FILE_NAMES and path.is_file():
        yield path.parent
    elif not path.is_file():
        raise ReadError(
            f"there is no {path}", remedy="name a model's folder, its ZIP archive or an ONNX file"
        )
    elif zipfile.is_zipfile(path):
        with tempfile.TemporaryDirectory(prefix="trueslice-model-") as folder:
            _unpack(path, Path(folder))
            yield Path(folder)
    else:
        raise DamagedFileError(
            f"{path.name} is no model",
            expected="a folder with rdf.yaml, a ZIP archive of one, or an ONNX file",
            remedy="only ONNX is loaded: files of PyTorch, Keras and the like can hold programs",
        )


def _unpack(path: Path, folder: Path) -> None:
    """Write the files beside the card, by their bare names, so that none can land elsewhere."""
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [entry for entry in archive.infolist() if not entry.is_dir()]
            card = next((e for e in inside if PurePosixPath(e.filename).name in FILE_NAMES), None)
            home = PurePosixPath(card.filename).parent if card else PurePosixPath(".")
            left = _MOST_BYTES
            for entry in inside:
                place = PurePosixPath(entry.filename)
                if place.parent != home or place.suffix.lower() not in KEPT:
                    continue
                with archive.open(entry) as stream:
                    data = stream.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise DamagedFileError(f"{path.name} holds more than {_MOST_BYTES >> 30} GiB")
                (folder / Path(place.name).name).write_bytes(data)
    except _UNREADABLE as error:
        if isinstance(error, DamagedFileError):
            raise
        raise DamagedFileError(f"{path.name} cannot be unpacked: {error}") from error

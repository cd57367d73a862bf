"""The table of readers, and which of them a file is for: its content decides, then its name."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.errors import UnsupportedFormatError
from core.io import hdf5, janelia, mrc, picture_file, raw, tiff, voxel_files, zarr_store
from core.io.folder import open_files, open_folder
from core.io.found import Found, Reader
from core.io.guard import head_of, reading
from core.io.options import ReadOptions
from core.io.positions import with_table
from core.job import Job

READERS: Final[tuple[Reader, ...]] = (
    Reader("TIFF", (".tif", ".tiff", ".btf", ".tf8"), tiff.recognises, tiff.open_tiff),
    Reader(
        "PNG, BMP or JPEG picture",
        (".png", ".bmp", ".jpg", ".jpeg"),
        picture_file.recognises,
        picture_file.open_picture,
    ),
    Reader("HDF5", (".h5", ".hdf5", ".hdf", ".he5", ".nxs"), hdf5.recognises, hdf5.open_hdf5),
    Reader("MRC", (".mrc", ".mrcs", ".map", ".rec", ".st"), mrc.recognises, mrc.open_mrc),
    Reader(janelia.FORMAT, (".dat",), janelia.recognises, janelia.open_dat),
    Reader("NRRD", (".nrrd", ".nhdr"), voxel_files.recognises_nrrd, voxel_files.open_nrrd),
    Reader("MetaImage", (".mhd", ".mha"), voxel_files.recognises_metaimage, voxel_files.open_metaimage),
    Reader("NIfTI", (".nii", ".nii.gz", ".hdr"), voxel_files.recognises_nifti, voxel_files.open_nifti),
    Reader("described raw", (".raw",), raw.has_sidecar, raw.open_described),
)
_PACKED: Final = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"7z\xbc\xaf": "7-Zip", b"BZh": "bzip2"}


def reader_of(path: Path) -> Reader:
    """Reader for a file, by its first bytes.

    Raises
    ------
    UnsupportedFormatError
        If none knows it.
    """
    head = head_of(path)
    for reader in READERS:
        if reader.recognises(path, head):
            return reader
    packed = next((name for magic, name in _PACKED.items() if head.startswith(magic)), None)
    if packed is not None:
        raise UnsupportedFormatError(
            f"{path.name} is packed with {packed}",
            expected="the file that is inside",
            remedy="unpack it and open what comes out",
        )
    named = next((reader.name for reader in READERS if path.name.lower().endswith(reader.suffixes)), None)
    raise UnsupportedFormatError(
        f"{path.name} is no image of a kind that can be read",
        expected=f"a {named} file, from its name" if named else ", ".join(reader.name for reader in READERS),
        got=f"first bytes {head[:8]!r}",
        remedy="for bare values without a header, give their shape and type (raw_shape_zyx, raw_dtype)",
    )


def open_file(path: Path, options: ReadOptions, job: Job) -> Found:
    """Open one file with the reader its content asks for, or as the options describe bare values."""
    if raw.asked_for(options):
        return raw.open_raw(path, options, job)
    reader = reader_of(path)
    found = reader.open(path, options, job)
    if path.suffix.lower() in _ALL_SUFFIXES and not path.name.lower().endswith(reader.suffixes):
        note = f"{path.name} is named {path.suffix} but is a {reader.name} by content; it is read as such."
        found = found.with_(notes=(note, *found.notes))
    return found


_ALL_SUFFIXES: Final = frozenset(suffix for reader in READERS for suffix in reader.suffixes)


def found_at(path: Path | Sequence[Path], options: ReadOptions, job: Job) -> Found:
    """Open a file, a folder or a list of slices."""
    if not isinstance(path, str | Path):
        files = [Path(item).absolute() for item in path]
        if not files:
            raise UnsupportedFormatError("no file was named", expected="at least one file")
        return (
            found_at(files[0], options, job)
            if len(files) == 1
            else open_files(files, options, job, open_file)
        )
    path = Path(path).absolute()  # workers of a cluster may run in another folder
    with reading(path):
        is_folder = path.is_dir()
        if not is_folder and not path.exists():
            raise FileNotFoundError(errno.ENOENT, "missing", str(path))
    if is_folder and zarr_store.is_zarr(path):
        return zarr_store.open_zarr(path, options, job)
    found = open_folder(path, options, job, open_file) if is_folder else open_file(path, options, job)
    return with_table(found, path)

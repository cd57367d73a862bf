"""The one place where failures of files and libraries become errors a user can act on."""

from __future__ import annotations

import errno
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import ParseError

from core.errors import DamagedFileError, NotEnoughMemoryError, ReadError, TruesliceError

# A slice larger than this is taken for a broken header, unless its uncompressed bytes are all there.
MAX_COMPRESSED_PIXELS: Final = 2**30

# What the libraries raise on broken input: Pillow SyntaxError, tifffile ValueError and its kin, h5py
# KeyError/RuntimeError/OSError, SimpleITK RuntimeError, codecs RuntimeError, XML ParseError.
_BROKEN: Final = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError, RuntimeError,
    ArithmeticError, SyntaxError, EOFError, struct.error, zlib.error, ParseError, RecursionError, ImportError,
)  # fmt: skip


@contextmanager
def reading(path: Path, kind: str = "file") -> Iterator[None]:
    """Translate everything a file or a library can throw into the `ReadError` family.

    Parameters
    ----------
    path : Path
        Named in the message.
    kind : str
        What the file is taken for, for the message ("TIFF file").
    """
    try:
        yield
    except TruesliceError as error:
        error.about(path.name)
        raise
    except OSError as error:
        raise _from_os(error, path, kind) from error
    except MemoryError as error:
        raise NotEnoughMemoryError(
            f"{path.name}: not enough memory to read the {kind}",
            remedy="read a smaller part, or close programs",
        ) from error
    except _BROKEN as error:
        reason = str(error).strip() or type(error).__name__
        raise DamagedFileError(
            f"{path} cannot be read as a {kind}",
            expected=f"an undamaged {kind}",
            got=reason[:300],
            remedy="copy the file again from the microscope, or convert it with the program that wrote it",
        ) from error


_OS_REASONS: Final = {
    errno.ENOENT: ("there is no such file or folder", "check the path; a network drive may be disconnected"),
    errno.EACCES: ("permission to read it is denied", "ask its owner, or copy it to a folder of your own"),
    errno.EPERM: ("permission to read it is denied", "ask its owner, or copy it to a folder of your own"),
    errno.ENAMETOOLONG: ("its name is too long for this system", "rename or move it to a shorter path"),
    errno.EISDIR: ("it is a folder, not a file", "name a file, or the folder as a whole"),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "check the path"),
    errno.EMFILE: ("too many files are open", "close other programs"),
}


def _from_os(error: OSError, path: Path, kind: str) -> ReadError:
    name = str(path) if len(str(path)) < 300 else f"{str(path)[:140]}…{str(path)[-140:]}"
    if error.errno in _OS_REASONS:
        reason, remedy = _OS_REASONS[error.errno]
        return ReadError(f"{name} cannot be read: {reason}", remedy=remedy)
    reason = error.strerror or str(error) or type(error).__name__
    kind_of_error = DamagedFileError if error.errno is None else ReadError
    return kind_of_error(
        f"{name} cannot be read as a {kind}",
        expected=f"an undamaged {kind}",
        got=reason[:300],
        remedy="copy the file again from the microscope, or convert it with the program that wrote it",
    )


def file_size(path: Path) -> int:
    """Size in bytes of a non-empty regular file.

    Raises
    ------
    ReadError
        If it is missing, a folder, or not a plain file.
    DamagedFileError
        If it is empty.
    """
    with reading(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder", str(path))
        status = path.stat()
        if not path.is_file():
            raise ReadError(f"{path} is not a plain file", remedy="name a file or a folder of slices")
    if status.st_size == 0:
        raise DamagedFileError(
            f"{path.name} is empty", expected="an image", got="0 bytes", remedy="copy the file again"
        )
    return status.st_size


def head_of(path: Path, size: int = 4096) -> bytes:
    """First bytes of a non-empty file."""
    file_size(path)
    with reading(path), path.open("rb") as file:
        return file.read(size)


def require_bytes(path: Path, *, expected: int, got: int, kind: str) -> None:
    """Refuse a file that holds less than its header promises.

    Raises
    ------
    DamagedFileError
        Saying the file is truncated, with both numbers.
    """
    if got < expected:
        raise DamagedFileError(
            f"{path.name} is truncated: the {kind} ends before its data do",
            expected=f"{expected:,} bytes",
            got=f"{got:,} bytes",
            remedy="copy the file again from the microscope",
        )


def require_plausible(path: Path, *, pixels: int, nbytes: int, stored: int, ratio: int, kind: str) -> None:
    """Refuse a compressed image whose header claims more than its bytes can hold.

    Parameters
    ----------
    path : Path
        Named in the message.
    pixels, nbytes : int
        Claimed number of pixels and of decoded bytes.
    stored : int
        Bytes the file really has.
    ratio : int
        Largest compression ratio of the method.
    kind : str
        For the message.
    """
    if pixels > MAX_COMPRESSED_PIXELS or nbytes > ratio * stored + 4096:
        raise DamagedFileError(
            f"{path.name}: the header claims {pixels:,} pixels, more than the {kind} can hold",
            expected=f"at most {min(MAX_COMPRESSED_PIXELS, ratio * stored + 4096):,}",
            got=f"{pixels:,} pixels from {stored:,} bytes",
            remedy="copy the file again, or convert it to uncompressed TIFF with the program that wrote it",
        )

"""Folders of Zarr chunks that are looked at before they are decoded.

A Blosc chunk that a broken copy has cut short decodes without an error, its end filled with zeros or with
whatever lay behind it in memory (numcodecs 0.16 does not hand the length on); and Zarr reads a chunk that is
absent as its fill value. Both would show as a plausible picture.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Final

from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import LocalStore

from core.errors import DamagedFileError

_BLOSC_HEADER: Final = 16
_DESCRIPTIONS: Final = ("zarr.json", ".zarray", ".zgroup", ".zattrs", ".zmetadata")


class CheckedStore(LocalStore):
    """A folder whose chunks are refused where they are cut short, or absent though they must not be.

    Parameters
    ----------
    root : Path
        The array or group.
    read_only : bool
        See `LocalStore`.
    blosc : bool
        Whether every chunk is one Blosc frame, which states its own length.
    complete : bool
        Whether every chunk that is read has to be there.
    """

    def __init__(
        self, root: Path | str, *, read_only: bool = True, blosc: bool = False, complete: bool = False
    ) -> None:
        super().__init__(root, read_only=read_only)
        self._blosc, self._complete = blosc, complete

    def with_read_only(self, read_only: bool = False) -> CheckedStore:
        """The same folder, writable or not."""
        return type(self)(self.root, read_only=read_only, blosc=self._blosc, complete=self._complete)

    async def get(
        self,
        key: str,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Return the bytes of a key, checked."""
        return self._checked(key, await super().get(key, prototype, byte_range), byte_range)

    def get_sync(
        self,
        key: str,
        *,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Return the bytes of a key, checked."""
        return self._checked(
            key, super().get_sync(key, prototype=prototype, byte_range=byte_range), byte_range
        )

    def _checked(self, key: str, value: Buffer | None, byte_range: ByteRequest | None) -> Buffer | None:
        if key.rpartition("/")[2] in _DESCRIPTIONS:
            return value
        if value is None and self._complete:
            raise DamagedFileError(f"{self.root.name}: the chunk {key} is missing")
        if value is not None and self._blosc and byte_range is None:
            _require_whole(f"{self.root.name}: chunk {key}", value)
        return value


def _require_whole(name: str, value: Buffer) -> None:
    stated = None
    if len(value) >= _BLOSC_HEADER:
        (stated,) = struct.unpack("<I", value[12:16].to_bytes())
    if stated != len(value):
        raise DamagedFileError(
            f"{name} is cut short",
            expected=f"{_BLOSC_HEADER if stated is None else stated:,} bytes",
            got=f"{len(value):,} bytes",
        )


def is_blosc(array: Any) -> bool:
    """Whether every chunk file of an open Zarr array is one Blosc frame."""
    names = [type(codec).__name__.lower() for codec in array.compressors]
    return array.shards is None and len(names) == 1 and "blosc" in names[0]

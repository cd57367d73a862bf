"""What a reader hands over: voxels and what the file itself says, before vendor metadata and user options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.io.options import ReadOptions
from core.job import Job
from core.metadata import Metadata
from core.volume import Content, Polygon, Source, VoxelSize

Tags = Mapping[int, str | bytes]


@dataclass(frozen=True)
class Picture:
    """One image file (or page) of the stack: its vendor tags, or metadata its reader has read already."""

    path: Path
    shape_yx: tuple[int, int]
    tags: Tags = field(default_factory=dict)
    metadata: Metadata | None = None


@dataclass(frozen=True)
class Found:
    """A stack as one reader found it.

    Attributes
    ----------
    source : Source
        Voxels in stored order.
    format : str
        Name of the format, for people.
    files : tuple of Path
        Every file whose bytes make the stack.
    voxel_nm : tuple of float or None
        As the container itself states it (not the vendor's tags).
    first, last : Picture or None
        Where vendor metadata may be found.
    numbers : tuple of int or None
        Slice number of each slice, from file names.
    z_nm : tuple of float or None
        Position of each slice where the files state one.
    origin, footprint : tuple or None
        See `VolumeInfo`.
    channels : tuple of str
        Choices that the input offers beside the one taken.
    missing : tuple of str
        Missing slices, named.
    """

    source: Source
    format: str
    files: tuple[Path, ...]
    voxel_nm: VoxelSize = (None, None, None)
    first: Picture | None = None
    last: Picture | None = None
    numbers: tuple[int, ...] | None = None
    z_nm: tuple[float, ...] | None = None
    channel: str = ""
    channels: tuple[str, ...] = ()
    content: Content = "grey"
    origin: tuple[int, ...] | None = None
    footprint: tuple[Polygon, ...] | None = None
    metadata: Metadata = field(default_factory=Metadata)
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def with_(self, **changes: Any) -> Found:
        """Return a copy with some attributes changed."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Reader:
    """One line of the table of readers.

    Attributes
    ----------
    name : str
        Name of the format, for people.
    suffixes : tuple of str
        Usual endings, lower case.
    recognises : callable
        ``(path, first bytes) -> bool``, by content only.
    open : callable
        ``(path, options, job) -> Found``.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[Path, bytes], bool]
    open: Callable[[Path, ReadOptions, Job], Found]

"""Bare values without a header: shape and type are typed by the user, or stated by the file beside it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.errors import DamagedFileError, ParameterError
from core.io.calibration import positive
from core.io.flat import FlatSource
from core.io.found import Found
from core.io.guard import file_size, reading, require_bytes
from core.io.options import ReadOptions
from core.job import Job
from core.volume import CONTENTS, Shape, VoxelSize, polygon_of

_MAX_SIDECAR: Final = 2**26


def asked_for(options: ReadOptions) -> bool:
    """Whether the user has described a file without header."""
    return options.raw_shape_zyx is not None or options.raw_dtype is not None


def open_raw(path: Path, options: ReadOptions, _job: Job) -> Found:
    """Open bare values as the options describe them.

    Raises
    ------
    ParameterError
        If shape or type is missing, or the file is larger than they say.
    DamagedFileError
        If the file is smaller than they say.
    """
    if options.raw_shape_zyx is None or options.raw_dtype is None:
        raise ParameterError(
            f"{path.name}: a file without header needs both shape and type",
            expected="raw_shape_zyx and raw_dtype",
        )
    stored = np.dtype(options.raw_dtype).newbyteorder("<" if options.raw_order == "little" else ">")
    source = _source(path, options.raw_shape_zyx, stored, options.raw_offset)
    return Found(source, "raw", (path,))


def has_sidecar(path: Path, _head: bytes = b"") -> bool:
    """Whether a JSON file beside it describes the values, as this program writes it."""
    return os.path.isfile(_sidecar(path))


def open_described(path: Path, _options: ReadOptions, _job: Job) -> Found:
    """Open bare values as the JSON file beside them describes them.

    Raises
    ------
    DamagedFileError
        If the description is no such file, or does not fit the size.
    """
    sidecar = _sidecar(path)
    with reading(sidecar, "description of raw values"):
        if sidecar.stat().st_size > _MAX_SIDECAR:
            raise DamagedFileError(f"{sidecar.name} is too long for a description of raw values")
        table: dict[str, Any] = json.loads(sidecar.read_text(encoding="utf-8"))
        z, y, x = (int(length) for length in table["shape_zyx"])
        little = table["byte_order"] == "little"
        stored = np.dtype(str(table["dtype"])).newbyteorder("<" if little else ">")
        voxel_nm: VoxelSize = _three(table["voxel_nm_zyx"])
        z_nm = table.get("z_nm")
        numbers = table.get("slice_numbers")
        if min(z, y, x) < 1:
            raise DamagedFileError(f"{sidecar.name}: impossible shape", got=(z, y, x))
        origin, footprint = table.get("origin"), table.get("footprint")
        per_slice = {"z_nm": z_nm, "slice_numbers": numbers, "origin": origin, "footprint": footprint}
        for key, values in per_slice.items():
            if values is not None and len(values) != z:
                raise DamagedFileError(
                    f"{sidecar.name}: {key} does not fit the shape", expected=f"{z} values", got=len(values)
                )
        source = _source(path, (z, y, x), stored, int(table.get("header_bytes", 0)))
        return Found(
            source, "raw with description", (path, sidecar), voxel_nm,
            z_nm=None if z_nm is None else tuple(float(position) for position in z_nm),
            numbers=None if numbers is None else tuple(int(number) for number in numbers),
            channel=str(table.get("channel", "")), content=_content(table.get("content")),
            origin=None if origin is None else tuple(int(value) for value in origin),
            footprint=None if footprint is None else tuple(polygon_of(area) for area in footprint),
        )  # fmt: skip


def _content(value: object) -> Any:
    return value if value in CONTENTS else "grey"


def _three(values: Any) -> VoxelSize:
    z, y, x = (positive(value) for value in values)
    return z, y, x


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _source(path: Path, shape: Shape, stored: np.dtype[Any], offset: int) -> FlatSource:
    size = file_size(path)
    step = shape[1] * shape[2] * stored.itemsize
    expected = offset + shape[0] * step
    require_bytes(path, expected=expected, got=size, kind="file of the stated shape and type")
    if size > expected:
        slices = (size - offset) / step
        hint = f"; {slices:.0f} slices would fit" if slices == int(slices) else ""
        raise ParameterError(
            f"{path.name} is larger than the stated shape and type",
            expected=f"{expected:,} bytes for {shape} {stored.name} after {offset}",
            got=f"{size:,} bytes{hint}",
            remedy="correct shape, type or offset",
        )
    return FlatSource(path, shape, stored.str, range(offset, expected, step))

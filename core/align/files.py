"""Transforms as a JSON file: per slice a 3 x 3 matrix in px, moving to fixed, on columns (x, y, 1)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from core import __version__
from core.align.moves import Trend, matrices_of, pairs_of, rows_of
from core.align.results import FARTHEST_PX, RegisterEstimate
from core.align.warp import stacked
from core.errors import DamagedFileError, ReadError
from core.files import write_json
from core.volume import Array

FORMAT = 1
COORDINATES = "x, y, 1 in px; pixel centres at whole numbers; moving to fixed"
_MAX_BYTES = 2**28


def save_transforms(path: Path, estimate: RegisterEstimate, trend: Trend = "remove") -> None:
    """Write the file whole or not at all.

    Parameters
    ----------
    path : Path
        Replaced if it is there.
    estimate : RegisterEstimate
        What registration has found.
    trend : {'remove', 'keep'}
        Whether the slow part of the shifts is removed by the transforms, or left in.
    """
    matrices = matrices_of(estimate, trend)
    write_json(
        path,
        {
            "format": FORMAT,
            "program": f"Trueslice {__version__}",
            "coordinates": COORDINATES,
            "transforms": matrices.tolist(),
            "shifts_px_yx": [list(shift) for shift in estimate.shifts_px_yx],
            "flagged": list(estimate.flagged),
            "confidence": list(estimate.confidence),
            "method": estimate.method,
        },
    )


def load_transforms(path: Path) -> RegisterEstimate:
    """Read such a file; of other programs' files it needs ``transforms``: one 3 x 3 matrix per slice.

    Raises
    ------
    ReadError
        If the file cannot be read.
    DamagedFileError
        If it holds no such matrices, or ones that are not affine or cannot be inverted.
    """
    matrices, table = _matrices(_table(path), path)
    flagged = tuple(
        number
        for number in _list(table, "flagged")
        if type(number) is int and 0 <= number < matrices.shape[0]
    )
    confidence = _list(table, "confidence")
    numbers = all(isinstance(value, int | float) and 0 <= value <= 1 for value in confidence)
    fits = numbers and len(confidence) == matrices.shape[0]
    return RegisterEstimate(
        shifts_px_yx=_shifts(matrices),
        transforms=rows_of(matrices),
        flagged=flagged,
        confidence=tuple(float(value) for value in confidence) if fits else (),
        method="file",
        notes=(f"The transforms come from {path.name}.",),
    )


def _list(table: dict[str, Any], name: str) -> list[Any]:
    """What other programs may have written otherwise, or left out."""
    values = table.get(name)
    return values if isinstance(values, list) else []


def _shifts(matrices: Array) -> tuple[tuple[float, float], ...]:
    """Where the content lay whose origin each matrix brings home, from that of the first slice."""
    back = np.linalg.inv(matrices)
    return pairs_of(back[:, (1, 0), 2] - back[0, (1, 0), 2])


def _table(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise DamagedFileError(f"{path.name} is too long for a file of transforms")
        table = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReadError(
            f"cannot read the transforms {path}: {error.strerror}", remedy="name a JSON file of transforms"
        ) from error
    except (ValueError, RecursionError) as error:
        raise DamagedFileError(f"{path.name} is no JSON file: {error}") from error
    if not isinstance(table, dict):
        raise DamagedFileError(f"{path.name} holds no transforms", expected='{"transforms": [...]}')
    return table


def _matrices(table: dict[str, Any], path: Path) -> tuple[Array, dict[str, Any]]:
    try:
        matrices = stacked(table["transforms"])
        fits = len(table["transforms"]) == matrices.shape[0] > 0
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DamagedFileError(
            f"{path.name} holds no transforms", expected="one 3 x 3 matrix of numbers per slice"
        ) from error
    affine = np.allclose(matrices[:, 2], (0, 0, 1), rtol=0, atol=1e-9)
    # NaN is not within the limit either.
    if not fits or not (np.abs(matrices) <= FARTHEST_PX).all() or not affine:
        raise DamagedFileError(
            f"{path.name}: not every slice has an affine matrix",
            expected=f"numbers up to {FARTHEST_PX:g}, last row 0 0 1",
        )
    if (np.abs(np.linalg.det(matrices)) < 1e-6).any():
        raise DamagedFileError(f"{path.name}: a matrix cannot be inverted")
    return matrices, table

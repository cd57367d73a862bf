"""What a file format can say of voxel size and slice positions, and what has to be said beside it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from core.volume import Origin, VolumeInfo

UINT32_MAX = 2**32 - 1
EVEN_WITHIN = 1e-6  # relative spread of the steps that counts as even: the precision every format keeps


@dataclass(frozen=True)
class Calibration:
    """Scale of a volume for formats with one spacing per axis.

    Attributes
    ----------
    voxel_nm : tuple of float, optional
        (z, y, x) in nm, the mean along z where slices are uneven; None unless every axis is known.
    positions : str, optional
        Text of the table that belongs beside the file where slices are uneven.
    notes : tuple of str
        Sentences the user has to see.
    """

    voxel_nm: tuple[float, float, float] | None
    positions: str | None
    notes: tuple[str, ...]


def calibration_of(
    info: VolumeInfo, *, table: str = "the table beside it", origins: str | None = None
) -> Calibration:
    """Scale of a volume; nothing is guessed, what cannot be carried is said.

    Parameters
    ----------
    info : VolumeInfo
        What is known of the volume.
    table : str
        Where the notes say the positions of uneven slices are.
    origins : str, optional
        Where they say that it is told which slices are measured; otherwise in the same place.
    """
    z_nm = info.positions_nm()
    uneven = is_uneven(info)
    positions = position_table(info) if uneven or made(info) else None
    notes = []
    sizes = (_spacing_nm(info), *info.voxel_nm[1:])
    z, y, x = sizes
    if uneven:
        notes.append(_uneven_note(z_nm, table))
    if made(info):
        notes.append(f"Not all slices are measured ones; which, is in {origins or table}.")
    if z is None or y is None or x is None:
        notes.append(_missing_note(sizes))
        return Calibration(None, positions, tuple(notes))
    return Calibration((z, y, x), positions, tuple(notes))


def is_uneven(info: VolumeInfo) -> bool:
    """Whether the slices lie at uneven distances, known or not."""
    if info.z_nm is None:
        return info.slice_numbers is not None
    steps = [b - a for a, b in pairwise(info.z_nm)]
    return bool(steps) and max(steps) - min(steps) > EVEN_WITHIN * max(steps)


def position_table(info: VolumeInfo) -> str:
    """Table ``slice,z_nm``, slices from 0; ``slice,number`` where only the order of acquisition is known.

    A third column, ``origin``, where slices are not all measured; see `core.volume.Origin`.
    """
    z_nm = info.positions_nm()
    if z_nm is not None:
        head, values = "slice,z_nm", [repr(float(value)) for value in z_nm]
    else:
        numbers = info.slice_numbers or tuple(range(info.shape[0]))
        head, values = "slice,number", [str(number) for number in numbers]
    rows = [f"{index},{value}" for index, value in enumerate(values)]
    if made(info):
        head += ",origin"
        rows = [f"{row},{origin}" for row, origin in zip(rows, info.origin or (), strict=True)]
    return "\n".join([head, *rows, ""])


def made(info: VolumeInfo) -> bool:
    """Whether some slices are not measured ones."""
    return info.origin is not None and any(origin != Origin.MEASURED for origin in info.origin)


def pixels_per(unit_nm: float, pixel_nm: float) -> tuple[int, int]:
    """Pixels per `unit_nm` as a TIFF rational (two unsigned 32-bit numbers), exact to 1e-9 or better."""
    exact = Fraction(unit_nm) / Fraction(pixel_nm)
    largest = int(UINT32_MAX / max(exact, Fraction(1)))
    ratio = exact.limit_denominator(max(1, largest))
    return ratio.numerator, ratio.denominator


def _spacing_nm(info: VolumeInfo) -> float | None:
    z_nm = info.positions_nm()
    if info.shape[0] > 1 and (info.z_nm is not None or info.slice_numbers is not None):
        return None if z_nm is None else (z_nm[-1] - z_nm[0]) / (len(z_nm) - 1)
    return info.voxel_nm[0]


def _uneven_note(z_nm: tuple[float, ...] | None, table: str) -> str:
    if z_nm is None:
        return (
            "Slices are missing and the slice thickness is not known: the file shows the slices as "
            f"neighbours, their acquisition numbers are in {table}."
        )
    steps = [b - a for a, b in pairwise(z_nm)]
    mean = (z_nm[-1] - z_nm[0]) / len(steps)
    return (
        f"The slices are uneven ({min(steps):.4g} to {max(steps):.4g} nm apart). The format has one spacing: "
        f"the mean, {mean:.6g} nm, is written, and the position of each slice is in {table}. "
        "Reposition the slices first if distances along z matter."
    )


def _missing_note(sizes: tuple[float | None, ...]) -> str:
    missing = ", ".join(axis for axis, size in zip("zyx", sizes, strict=True) if size is None)
    known = ", ".join(
        f"{axis} {size:.6g} nm" for axis, size in zip("zyx", sizes, strict=True) if size is not None
    )
    return (
        f"The voxel size along {missing} is not known, so the file carries no scale"
        + (f" (known: {known})" if known else "")
        + ". Type it in at import and export again, or type it in where you open the file."
    )

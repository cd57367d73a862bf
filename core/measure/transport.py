"""Transport through a phase along z, y and x: shortest ways, conduction, and the two tortuosities.

Conduction, and with it diffusion in a pore, goes through the faces of voxels whatever the connectivity, since
an edge or a corner has no area; the shortest ways go by the connectivity of the phase. A phase that hangs
together over edges alone therefore has a geometric tortuosity and no conductivity.

The diffusive tortuosity is the fraction of the phase over its effective conductivity (as a share of that of
the phase): what slows diffusion down beyond the smaller cross-section, 1 for straight channels. Some authors
call its square root tortuosity.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core import machine
from core.errors import MissingMetadataError, NotEnoughMemoryError, ParameterError
from core.job import Job
from core.measure.conductivity import effective_conductivity
from core.measure.results import AxisTransport, TransportResult
from core.measure.tortuosity import geometric_tortuosity
from core.volume import Array, Source

BYTES_PER_VOXEL = 60  # 53 were measured where all is of the phase, 35 at two thirds, 20 at one third
_MEBI = 1 << 20
_USABLE_SHARE = 0.7
_SMALLEST_PX = 16
_SLAB_BYTES = 16 * _MEBI

Box = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]


def transport(
    phase: Array,
    *,
    connectivity: int,
    voxel_nm: tuple[float, float, float],
    job: Job,
    threads: int | None = None,
) -> tuple[TransportResult, tuple[str, ...]]:
    """Measure the transport through a phase of which the rest of the volume conducts nothing.

    Parameters
    ----------
    phase : ndarray of bool, shape (z, y, x)
    connectivity : {6, 26}
        Of the phase, for the shortest ways.
    voxel_nm : tuple of float
        (z, y, x); only the ratios matter.
    job : Job
        Progress and cancelling.
    threads : int, optional
        For conduction; as many as there are processors if left out.

    Returns
    -------
    TransportResult
    tuple of str
        Sentences for the user: what could not be told, and why.

    Raises
    ------
    ParameterError
        If an argument is out of its limits.
    Cancelled
        If the user asked to stop.
    """
    notes: list[str] = []
    fraction = sum(int(np.count_nonzero(plane)) for plane in phase) / phase.size
    along = []
    for axis in range(3):
        ways = geometric_tortuosity(phase, axis=axis, connectivity=connectivity, voxel_nm=voxel_nm, job=job)
        found = effective_conductivity(phase, axis=axis, voxel_nm=voxel_nm, job=job, threads=threads)
        if found.note:
            notes.append(found.note)
        value = found.value or None  # 0: the phase does not reach through
        along.append(
            AxisTransport(
                geometric_tortuosity=ways,
                conductivity=value,
                diffusive_tortuosity=fraction / value if value else None,
                residual=found.residual,
            )
        )
    z, y, x = along
    depth, height, width = phase.shape
    return TransportResult(z=z, y=y, x=x, shape_px=(depth, height, width)), tuple(notes)


def transport_of(
    source: Source,
    is_phase: Callable[[Array], Array],
    *,
    connectivity: int,
    voxel_nm: tuple[float, float, float] | None,
    job: Job,
    memory_mb: float | None = None,
    threads: int | None = None,
) -> tuple[TransportResult, tuple[str, ...]]:
    """Measure the transport in a volume, or in the middle of it where the whole does not fit into memory.

    Parameters
    ----------
    source : Source
    is_phase : callable
        Says of a block of voxels which belong to the phase.
    voxel_nm : tuple of float or None
        (z, y, x); None where it is not known, which is refused.
    memory_mb : float, optional
        Memory to use, in MiB; most of what is free if left out.
    connectivity, job, threads
        As in `transport`.

    Raises
    ------
    MissingMetadataError
        If the voxel size is not known.
    NotEnoughMemoryError
        If not even a small cube fits.
    """
    if voxel_nm is None:
        raise MissingMetadataError(
            "transport needs the proportions of a voxel, and the voxel size is not known",
            remedy="type it in (window: Import form; command line: --voxel-nm-zyx Z Y X)",
        )
    box = _box(source.shape, memory_mb)
    phase = _read(source, is_phase, box, job)
    result, notes = transport(phase, connectivity=connectivity, voxel_nm=voxel_nm, job=job, threads=threads)
    if phase.shape == source.shape:
        return result, notes
    used, whole = (" x ".join(map(str, shape)) for shape in (phase.shape, source.shape))
    note = f"transport was measured in the middle {used} of {whole} voxels: there is no memory for more"
    return result.model_copy(update={"shape_px": source.shape, "box_px": box}), (note, *notes)


def _box(shape: tuple[int, int, int], memory_mb: float | None) -> Box:
    """The whole, or the middle of it with the longest sides cut first."""
    budget = machine.free_bytes(_USABLE_SHARE) if memory_mb is None else memory_mb * _MEBI
    most = int(budget / BYTES_PER_VOXEL)
    sides = sorted(shape)
    limit = max(shape)
    if int(np.prod(shape, dtype=np.int64)) > most:
        # Sides up to `limit` fit: as many of the short ones as stay whole, the others cut to the same.
        for whole in range(3):
            rest = float(np.prod(sides[:whole], dtype=np.float64))
            limit = int((most / rest) ** (1 / (3 - whole)) + 1e-9)
            if limit < sides[whole]:
                break
    if limit < min(_SMALLEST_PX, sides[-1]):
        raise NotEnoughMemoryError(
            f"transport needs about {BYTES_PER_VOXEL} bytes per voxel",
            expected=f"room for {_SMALLEST_PX}³ voxels or more",
            got=f"{budget / _MEBI:.1f} MiB",
            remedy="close other programs, raise the memory limit, or leave transport out",
        )
    z, y, x = (((side - min(side, limit)) // 2, (side + min(side, limit)) // 2) for side in shape)
    return z, y, x


def _read(source: Source, is_phase: Callable[[Array], Array], box: Box, job: Job) -> Array:
    (top, bottom), y, x = box
    phase = np.empty([stop - start for start, stop in box], dtype=np.bool_)
    plane = phase[0].size * source.dtype.itemsize
    thick = max(1, _SLAB_BYTES // plane)
    starts = range(top, bottom, thick)
    for z in job.track(starts, len(starts), "Reading"):
        stop = min(bottom, z + thick)
        found = is_phase(source.read(slice(z, stop), slice(*y), slice(*x)))
        if found.dtype != np.bool_:
            raise ParameterError("is_phase must say yes or no", expected="bool", got=found.dtype)
        phase[z - top : stop - top] = found
    return phase

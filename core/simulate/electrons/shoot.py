"""An image: electrons shot at every pixel of a face, and what the detectors see of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.errors import ParameterError
from core.job import Job
from core.simulate.electrons.cells import Cells
from core.simulate.electrons.conditions import Beam, Detector
from core.simulate.electrons.dealing import Part, deal
from core.simulate.electrons.tables import (
    TransportTables,
    azimuths,
    exponential,
    reach,
    transport_tables,
)
from core.simulate.electrons.world import Balance, Expected, Raster
from core.volume import Array

MOST_ELECTRONS = 4_000_000  # per pixel: sums of squares fit into 63 bits
_FWHM_PER_SIGMA = 2 * np.sqrt(2 * np.log(2))
_EV_PER_KV = 1000.0


@dataclass(frozen=True)
class Shot:
    """The images of one face, one per detector, and where the electrons went."""

    images: tuple[Expected, ...]
    balance: Balance


@dataclass(frozen=True)
class Sums:
    """Exact sums over electrons, in any order.

    Attributes
    ----------
    sums, squares : ndarray of int64, shape (pixel, detector)
        Of the weights of the electrons seen.
    totals : ndarray of int64, shape (6,)
        Electrons back, absorbed, lost; energy of each in parts of `kernels.shots.UNIT` of the beam energy.
    """

    sums: Array
    squares: Array
    totals: Array

    @classmethod
    def of(cls, pixels: int, detectors: int) -> Sums:
        """Nothing yet."""
        shape = (pixels, detectors)
        return cls(np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(6, np.int64))


def shoot(
    cells: Cells,
    tables: TransportTables,
    raster: Raster,
    beam: Beam,
    detectors: Sequence[Detector],
    *,
    electrons_per_pixel: int,
    seed: int,
    stream: Sequence[int] = (),
    job: Job,
    threads: int | None = None,
    device: Literal["cpu", "cuda"] = "cpu",
    merge_soft: bool = False,
) -> Shot:
    """Simulate the image of one face.

    Parameters
    ----------
    cells : Cells
        The sample.
    tables : TransportTables
        For the materials of the cells and the voltage of the beam.
    raster : Raster
        Where to shoot; pixels beside the block hit what it continues with.
    beam : Beam
        Voltage, diameter and tilt.
    detectors : sequence of Detector
        At least one.
    electrons_per_pixel : int
        1 to `MOST_ELECTRONS`.
    seed, stream : int, sequence of int
        Equal ones give equal images, whatever the threads; `stream` tells apart the images of an acquisition.
    device : {'cpu', 'cuda'}
        Where the electrons are computed; images differ by rounding only. See `core.simulate.electrons.cuda`.
    merge_soft : bool
        Leave out the softest collisions and make the others more frequent, so that the transport mean free
        path stays: faster, and nearly the same images (see `tables.softened`).

    Returns
    -------
    Shot
        Images as float32, shape of the raster.

    Raises
    ------
    ParameterError
        If the parts do not fit together, or there is no such device; before any work.
    MissingExtraError, NotEnoughMemoryError
        If the CUDA device lacks its libraries, or the memory for the sample; before any work.
    Cancelled
        If the job was stopped.
    """
    _check(cells, tables, raster, beam, detectors, electrons_per_pixel)
    if merge_soft:
        tables = transport_tables(tables.materials, tables.kv, tables.physics, merge_soft=True)
    setting = kernel_arguments(cells, tables, raster, beam, detectors)
    key = key_of(seed, stream)
    pixels = raster.shape[0] * raster.shape[1]
    whole = Sums.of(pixels, len(detectors))
    run = _runner(device, setting, len(detectors))

    def some(part: Part) -> Sums:
        sums = Sums.of(part.last - part.first, len(detectors))
        numbers = (part.first, part.last, part.begin, part.end, raster.shape[1], key)
        out = (sums.sums.reshape(-1), sums.squares.reshape(-1), sums.totals)
        run(numbers, out)
        return sums

    def take(part: Part, sums: Sums) -> None:
        whole.sums[part.first : part.last] += sums.sums
        whole.squares[part.first : part.last] += sums.squares
        whole.totals[...] += sums.totals

    threads = threads if device == "cpu" else 1
    deal(pixels, electrons_per_pixel, some, take, job, threads=threads, message="electrons")
    return Shot(_images(whole, raster, detectors, electrons_per_pixel), balance_of(whole.totals))


def _runner(device: str, setting: tuple[Any, ...], detectors: int) -> Callable[[Any, Any], None]:
    """What shoots a part: takes `first` to `key` and the sums to add to, as of `kernels.shots`."""
    if device == "cuda":
        from core.simulate.electrons.cuda import device_shots

        return device_shots(setting, detectors)
    if device != "cpu":
        raise ParameterError("there is no such device", expected="cpu or cuda", got=device)
    from core.simulate.electrons.kernels.shots import shoot_pixels

    return lambda numbers, out: shoot_pixels((*numbers, *setting, *out))


def key_of(seed: int, stream: Sequence[int]) -> np.uint64:
    """64 bits from which the random numbers of an image come."""
    text = repr((int(seed), *(int(part) for part in stream))).encode()
    return np.uint64(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little"))


def kernel_arguments(
    cells: Cells, tables: TransportTables, raster: Raster, beam: Beam, detectors: Sequence[Detector]
) -> tuple[Any, ...]:
    """What the compiled loops take, from `cells` to `windows`; see `kernels.shots`."""
    size = cells.voxel_nm
    face_z, into = divmod(raster.face_nm - cells.origin_nm[0], size[0])
    rows, columns = (
        _corners(count, pixel, corner - origin, voxel)
        for count, pixel, corner, origin, voxel in zip(
            raster.shape, raster.pixel_nm, raster.corner_nm, cells.origin_nm[1:], size[1:], strict=True
        )
    )
    sigma = beam.diameter_nm / _FWHM_PER_SIGMA
    tilt = np.radians(beam.tilt_deg)
    energy = beam.kv * _EV_PER_KV
    single = np.float32
    farthest = reach(tables, cells.present)
    if cells.has_vacuum and not cells.clearance.any():
        farthest[:] = np.inf  # vacuum everywhere: no electron can be given up
    return (
        cells.packed.reshape(-1),
        *cells.shape,
        np.array(size, single),
        cells.beyond == "periodic",
        cells.clearance.reshape(-1),
        single(cells.clearance_nm),
        *(part.reshape(-1) for part in (tables.flight, tables.deflection, tables.slowing, tables.entry)),
        tables.scales.reshape(-1),
        farthest,
        azimuths(),
        exponential().reshape(-1),
        int(face_z),
        single(into - 0.5 * size[0]),
        rows[0],
        columns[0],
        rows[1],
        columns[1],
        *(single(pixel) for pixel in raster.pixel_nm),
        single(sigma / np.cos(tilt)),
        single(sigma),
        single(np.cos(tilt)),
        single(np.sin(tilt)),
        single(energy),
        np.array([_window(detector, energy) for detector in detectors], single).reshape(-1),
    )


def _corners(count: int, pixel: float, start: float, voxel: float) -> tuple[Array, Array]:
    """Voxels in which the borders of the pixels lie, and how far into these."""
    voxels, rests = np.divmod(start + np.arange(count) * pixel, voxel)
    return voxels.astype(np.int64), rests.astype(np.float32)


def _window(detector: Detector, energy: float) -> tuple[float, float, float, float, float]:
    """Lowest and highest energy in eV, lowest and highest cosine, and whether the energy is weighed."""
    least = max(detector.min_energy_ev, detector.min_energy_fraction * energy)
    most = np.inf if detector.max_energy_fraction >= 1 else detector.max_energy_fraction * energy
    inner, outer = detector.min_polar_deg, detector.max_polar_deg
    lowest = -2.0 if outer >= 180 else float(np.cos(np.radians(outer)))
    highest = 2.0 if inner <= 0 else float(np.cos(np.radians(inner)))
    return least, most, lowest, highest, float(detector.weight == "energy")


def _images(
    whole: Sums, raster: Raster, detectors: Sequence[Detector], electrons: int
) -> tuple[Expected, ...]:
    from core.simulate.electrons.kernels.shots import UNIT

    order = _numbers(*raster.shape)
    images = []
    for at, detector in enumerate(detectors):
        unit = UNIT if detector.weight == "energy" else 1
        mean = whole.sums[:, at] / (electrons * unit)
        spread = np.maximum(whole.squares[:, at] / (electrons * unit**2) - mean**2, 0)
        error = np.sqrt(spread / max(electrons - 1, 1))
        signal, error = (part[order].astype(np.float32) for part in (mean, error))
        images.append(Expected(signal, error, electrons))
    return tuple(images)


def _numbers(rows: int, columns: int) -> Array:
    """Number of every pixel in the order in which they are shot; see `kernels.places.pixel_at`."""
    from core.simulate.electrons.kernels.places import BAND

    row, column = np.indices((rows, columns))
    first = row // BAND * BAND
    numbers: Array = first * columns + column * np.minimum(BAND, rows - first) + row - first
    return numbers


def balance_of(totals: Array) -> Balance:
    """From the totals of the compiled loops."""
    from core.simulate.electrons.kernels.shots import UNIT

    back, absorbed, lost = (int(count) for count in totals[:3])
    energies = [int(energy) / UNIT for energy in totals[3:]]
    whole = back + absorbed + lost
    return Balance(whole, back, absorbed, lost, float(whole), *energies)


def _check(
    cells: Cells,
    tables: TransportTables,
    raster: Raster,
    beam: Beam,
    detectors: Sequence[Detector],
    electrons_per_pixel: int,
) -> None:
    if not cells.origin_nm[0] <= raster.face_nm < cells.depth_nm:
        raise ParameterError(
            "the imaged face lies outside the block of voxels",
            expected=f"{cells.origin_nm[0]:g} nm to below {cells.depth_nm:g} nm",
            got=f"{raster.face_nm:g} nm",
        )
    if not 1 <= electrons_per_pixel <= MOST_ELECTRONS:
        raise ParameterError(
            "impossible number of electrons per pixel",
            expected=f"1 to {MOST_ELECTRONS}",
            got=electrons_per_pixel,
        )
    if not detectors:
        raise ParameterError("no detector", expected="at least one", got="none")
    if tables.materials != cells.materials or tables.kv != beam.kv:
        raise ParameterError(
            "the tables are of other materials or another voltage than sample and beam",
            expected=f"{', '.join(m.name for m in cells.materials)} at {beam.kv:g} kV",
            got=f"{', '.join(m.name for m in tables.materials)} at {tables.kv:g} kV",
        )

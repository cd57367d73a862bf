"""OME-Zarr 0.5 (Zarr v3): voxels in chunks, smaller copies for viewers, our attributes beside the OME ones.

References
----------
OME-NGFF 0.5, https://ngff.openmicroscopy.org/0.5/
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.io.writers.calibration import calibration_of
from core.io.writers.delivery import SIGNATURE, WriteReport
from core.io.writers.request import Request
from core.volume import Array, Origin, Shape, VolumeInfo

Factors = tuple[int, int, int]
SLAB_BYTES = 64 << 20
MAX_CHUNK = (32, 512, 512)
SMALLEST_COPY = 256
# A copy halves only those axes that are not coarser already than this many times the finest one.
COARSER = 1.5


def write_ome_zarr(request: Request) -> WriteReport:
    """Write a group with the whole volume as array ``0`` and smaller copies as ``1``, ``2`` ..."""
    import zarr

    info = request.volume.info
    calibration = calibration_of(
        info, table="the attribute z_nm of the group", origins="the attribute origin of the group"
    )
    levels = copies(info) if request.options.pyramid else [(1, 1, 1)]
    bound = sum(info.nbytes // int(np.prod(level)) for level in levels) + (1 << 20)
    with request.delivery(bound) as out:
        folder = out.folder(request.target.name)
        group = zarr.create_group(
            folder, zarr_format=3, attributes=attributes(info, request.stem, levels), overwrite=True
        )
        depth = SLAB_BYTES // _plane_bytes(info.shape, info)
        _write_whole(request, _array(group, 0, info.shape, depth, info))
        for number in range(1, len(levels)):
            step = _ratio(levels[number], levels[number - 1])
            _write_copy(request, group, number, step)
    return out.report(calibration.notes)


def attributes(info: VolumeInfo, name: str, levels: list[Factors]) -> dict[str, Any]:
    """Attributes of the group: OME's `multiscales`, and what OME has no place for.

    Parameters
    ----------
    info : VolumeInfo
        What is known of the volume; axes of unknown size get no unit.
    name : str
        Name of the image.
    levels : list of tuple of int
        How many times smaller each array is along z, y, x.
    """
    sizes = (calibration_of(info).voxel_nm or info.voxel_nm)[0], *info.voxel_nm[1:]
    axes = [
        {"name": axis, "type": "space", **({} if size is None else {"unit": "nanometer"})}
        for axis, size in zip("zyx", sizes, strict=True)
    ]
    datasets = []
    for number, factors in enumerate(levels):
        scale = [(size or 1.0) * factor for size, factor in zip(sizes, factors, strict=True)]
        shift = [0.0, 0.0, 0.0]
        if info.continuous:
            # The mean of two voxels lies between them.
            shift = [(size or 1.0) * (factor - 1) / 2 for size, factor in zip(sizes, factors, strict=True)]
        transforms: list[dict[str, Any]] = [{"type": "scale", "scale": scale}]
        if any(shift):
            transforms.append({"type": "translation", "translation": shift})
        datasets.append({"path": str(number), "coordinateTransformations": transforms})
    multiscale = {"name": name, "axes": axes, "datasets": datasets}
    return {
        "ome": {"version": "0.5", "multiscales": [multiscale]},
        "written_by": SIGNATURE,
        **info.stated(),
    }


def copies(info: VolumeInfo) -> list[Factors]:
    """How many times smaller than the whole volume each array is, the volume itself first."""
    sizes = [size or 1.0 for size in info.voxel_nm] if None not in info.voxel_nm else [1.0, 1.0, 1.0]
    levels: list[Factors] = [(1, 1, 1)]
    while max(_shape(info.shape, levels[-1])) > SMALLEST_COPY:
        last = levels[-1]
        shape = _shape(info.shape, last)
        now = [size * factor for size, factor in zip(sizes, last, strict=True)]
        finest = min(size for size, length in zip(now, shape, strict=True) if length > 1)
        z, y, x = (
            factor * 2 if length > 1 and size <= COARSER * finest else factor
            for factor, size, length in zip(last, now, shape, strict=True)
        )
        levels.append((z, y, x))
    return levels


def halved(planes: Array, step: Factors, *, mean: bool) -> Array:
    """Make a smaller copy.

    Parameters
    ----------
    planes : ndarray, shape (z, y, x)
        Voxels; at the far ends a lone plane, row or column is its own partner.
    step : tuple of int
        1 or 2 along z, y, x.
    mean : bool
        Average (rounded for whole numbers); else take the first of each group, for labels and binary volumes.
    """
    if not mean:
        return planes[:: step[0], :: step[1], :: step[2]]
    rows = [_mean_plane(planes[z : z + step[0]], step) for z in range(0, planes.shape[0], step[0])]
    smaller = np.stack(rows)
    if np.issubdtype(planes.dtype, np.integer):
        smaller = np.rint(smaller)
    return smaller.astype(planes.dtype)


def _mean_plane(planes: Array, step: Factors) -> Array:
    plane: Array = planes.mean(axis=0, dtype=np.float64)
    for axis in (0, 1):
        if step[axis + 1] == 1:
            continue
        if plane.shape[axis] % 2:
            plane = np.concatenate([plane, np.take(plane, [-1], axis=axis)], axis=axis)
        even, odd = (plane[start::2] if axis == 0 else plane[:, start::2] for start in (0, 1))
        plane = (even + odd) / 2
    return plane


def _shape(shape: Shape, factors: Factors) -> Shape:
    z, y, x = (-(-length // factor) for length, factor in zip(shape, factors, strict=True))
    return z, y, x


def _plane_bytes(shape: Shape, info: VolumeInfo) -> int:
    return shape[1] * shape[2] * info.dtype.itemsize


def _ratio(level: Factors, before: Factors) -> Factors:
    z, y, x = (a // b for a, b in zip(level, before, strict=True))
    return z, y, x


def _array(group: Any, number: int, shape: Shape, depth: int, info: VolumeInfo) -> Any:
    from zarr.codecs import BloscCodec

    return group.create_array(
        str(number),
        shape=shape,
        dtype=info.dtype,
        chunks=(
            max(1, min(_most_slices(info), shape[0], depth)),
            min(shape[1], MAX_CHUNK[1]),
            min(shape[2], MAX_CHUNK[2]),
        ),
        compressors=BloscCodec(cname="zstd", clevel=3, shuffle="bitshuffle"),
        fill_value=0,
        dimension_names=["z", "y", "x"],
    )


def _most_slices(info: VolumeInfo) -> int:
    """Slices in a chunk; one where there are gaps, because then slices are read here and there."""
    return 1 if info.origin is not None and Origin.GAP in info.origin else MAX_CHUNK[0]


def _write_whole(request: Request, array: Any) -> None:
    """Fill the first array, one row of chunks in memory at a time."""
    depth, count = array.chunks[0], array.shape[0]
    slab = np.empty((depth, *array.shape[1:]), array.dtype)
    for index, plane in enumerate(request.planes()):
        slab[index % depth] = plane
        if (index + 1) % depth == 0 or index + 1 == count:
            first = index - index % depth
            array[first : index + 1] = slab[: index + 1 - first]


def _write_copy(request: Request, group: Any, number: int, step: Factors) -> None:
    info = request.volume.info
    larger = group[str(number - 1)]
    # The slab that is read decides, not the one that is written.
    depth = SLAB_BYTES // _plane_bytes(larger.shape, info) // step[0]
    array = _array(group, number, _shape(larger.shape, step), depth, info)
    depth, count = array.chunks[0], array.shape[0]
    starts = range(0, count, depth)
    message = f"{request.message}: smaller copy {number}"
    for first in request.job.track(starts, len(starts), message):
        planes = np.asarray(larger[first * step[0] : (first + depth) * step[0]])
        array[first : first + depth] = halved(planes, step, mean=info.continuous)

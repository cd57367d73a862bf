"""Surfaces as files: STL (bare triangles) and PLY (corners shared by triangles), binary, in nm.

References
----------
PLY polygon file format, Turk 1994; binary STL, 3D Systems 1989
"""

from __future__ import annotations

import shutil
import struct

import numpy as np

from core.errors import ParameterError, WriteError
from core.io.writers.delivery import WriteReport
from core.io.writers.request import Request
from core.io.writers.surface import Welder, enclosed, patches, require_scale, to_nm
from core.volume import Array

STL_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
PLY_TRIANGLE = np.dtype([("count", "u1"), ("corners", "<i4", 3)])
STL_MOST = 2**32 - 1
PLY_MOST = 2**31 - 1
PLY_HEADER_BYTES = 512
# What is known before: nearly nothing. The disk is asked again by every write.
SMALLEST_BYTES = 1 << 20
_UNIT_NOTE = "Lengths in the surface are in nm; z runs along the milling direction, from the first slice."


def write_stl(request: Request) -> WriteReport:
    """Write triangles with their normals; the header states the unit."""
    info = request.volume.info
    require_scale(info)
    is_inside = enclosed(request.volume, request.options)
    count = 0
    with request.delivery(SMALLEST_BYTES) as out, out.file(request.target.name).open("xb") as stream:
        stream.write(b"Trueslice surface, unit nm".ljust(80) + bytes(4))
        for patch in patches(map(is_inside, request.planes()), info.shape):
            places = to_nm(patch.corners, info)[patch.triangles]
            stream.write(stl_triangles(places).data)
            count += len(places)
        _check_count(count, STL_MOST)
        stream.seek(80)
        stream.write(struct.pack("<I", count))
    return out.report((_UNIT_NOTE,))


def write_ply(request: Request) -> WriteReport:
    """Write corners, each once, and triangles as rows of them."""
    info = request.volume.info
    require_scale(info)
    is_inside = enclosed(request.volume, request.options)
    welder, count = Welder(), 0
    with request.delivery(SMALLEST_BYTES) as out:
        path = out.file(request.target.name)
        rest = path.with_name("triangles.tmp")
        with path.open("xb") as corners, rest.open("x+b") as triangles:
            corners.write(bytes(PLY_HEADER_BYTES))
            for patch in patches(map(is_inside, request.planes()), info.shape):
                new, joined = welder.join(patch)
                corners.write(to_nm(new, info).astype("<f4").data)
                triangles.write(ply_triangles(joined).data)
                count += len(joined)
            _check_count(count, PLY_MOST)
            triangles.seek(0)
            shutil.copyfileobj(triangles, corners, 1 << 22)
            corners.seek(0)
            corners.write(ply_header(welder.count, count))
    return out.report((_UNIT_NOTE,))


def stl_triangles(places: Array) -> Array:
    """Records of an STL file.

    Parameters
    ----------
    places : ndarray, shape (n, 3, 3)
        Corners (x, y, z) of each triangle in nm, counter-clockwise seen from outside.
    """
    records = np.zeros(len(places), STL_TRIANGLE)
    normals = np.cross(places[:, 1] - places[:, 0], places[:, 2] - places[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    records["normal"] = np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)
    records["corners"] = places
    return records


def ply_triangles(triangles: Array) -> Array:
    """Records of a PLY file from rows of three numbers of corners."""
    records = np.empty(len(triangles), PLY_TRIANGLE)
    records["count"] = 3
    records["corners"] = triangles
    return records


def ply_header(corners: int, triangles: int) -> bytes:
    """Header of fixed length, so that it can be written last."""
    before = "ply\nformat binary_little_endian 1.0\ncomment Trueslice surface, unit nm"
    after = (
        f"\nelement vertex {corners}\nproperty float x\nproperty float y\nproperty float z"
        f"\nelement face {triangles}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    return before.ljust(PLY_HEADER_BYTES - len(after)).encode("ascii") + after.encode("ascii")


def _check_count(count: int, most: int) -> None:
    if count == 0:
        raise ParameterError(
            "there is no surface: no voxel is inside it",
            expected="voxels of the label, or above the threshold",
            remedy="choose another label or threshold",
        )
    if count > most:
        raise WriteError(
            "the surface has more triangles than the format can count",
            expected=f"at most {most}",
            got=count,
            remedy="crop the volume, or export a smoothed or coarser one",
        )

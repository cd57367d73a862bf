"""Headers beside or in front of plain voxels: NRRD, MetaImage, raw.

NRRD and MetaImage state lengths in millimetres: ITK, 3D Slicer and Dragonfly take the numbers for that.

References
----------
NRRD0005, https://teem.sourceforge.net/nrrd/format.html; MetaIO, https://docs.itk.org
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from core.io.writers.calibration import Calibration, calibration_of
from core.io.writers.delivery import WriteReport
from core.io.writers.request import Request
from core.io.writers.sidecars import add_positions, describe, json_bytes
from core.io.writers.tiff import plane_buffer
from core.volume import VolumeInfo

NM_PER_MM = 1e6
NRRD_TYPES = {"float32": "float", "float64": "double"}
META_TYPES = {
    "uint8": "MET_UCHAR",
    "int8": "MET_CHAR",
    "uint16": "MET_USHORT",
    "int16": "MET_SHORT",
    "uint32": "MET_UINT",
    "int32": "MET_INT",
    "float32": "MET_FLOAT",
    "float64": "MET_DOUBLE",
}
_MM_NOTE = "Lengths in this file are in mm, as ITK and 3D Slicer expect: {spacing}."


def write_nrrd(request: Request) -> WriteReport:
    """Write one file, header and voxels."""
    info = request.volume.info
    calibration = calibration_of(info)
    header = nrrd_header(info, calibration).encode("ascii")
    with request.delivery(len(header) + info.nbytes) as out:
        path = out.file(request.target.name)
        add_positions(out, request.stem, calibration)
        _append_voxels(path, request, header)
    return out.report((*_mm_notes(calibration), *calibration.notes))


def write_mhd(request: Request) -> WriteReport:
    """Write header and voxels as two files (``.mhd`` and ``.raw``), or as one for ``.mha``."""
    info = request.volume.info
    calibration = calibration_of(info)
    one_file = request.target.suffix.lower() == ".mha"
    voxels = request.target.name if one_file else request.stem + ".raw"
    header = meta_header(info, calibration, "LOCAL" if one_file else voxels).encode("utf-8")
    with request.delivery(len(header) + info.nbytes) as out:
        path = out.file(request.target.name)
        if one_file:
            _append_voxels(path, request, header)
        else:
            path.write_bytes(header)
            _append_voxels(out.file(voxels), request)
        add_positions(out, request.stem, calibration)
    return out.report((*_mm_notes(calibration), *calibration.notes))


def write_raw(request: Request) -> WriteReport:
    """Write bare voxels, x fastest, least significant byte first, and a JSON file that says so."""
    info = request.volume.info
    calibration = calibration_of(info)
    z, y, x = info.shape
    table = describe(info, info.dtype.name, calibration)
    table |= {"byte_order": "little", "header_bytes": 0, "voxels": request.target.name}
    with request.delivery(info.nbytes + 4096) as out:
        _append_voxels(out.file(request.target.name), request)
        out.file(request.target.name + ".json").write_bytes(json_bytes(table))
        add_positions(out, request.stem, calibration)
    note = (
        f"To import: X {x}, Y {y}, Z {z} voxels, {info.dtype.name}, little-endian, no header; "
        "the JSON file beside it says the same."
    )
    return out.report((note, *calibration.notes))


def nrrd_header(info: VolumeInfo, calibration: Calibration) -> str:
    """Header of an attached NRRD with the voxels in plain little-endian order; axes x, y, z."""
    z, y, x = info.shape
    lines = [
        "NRRD0005",
        f"type: {NRRD_TYPES.get(info.dtype.name, info.dtype.name)}",
        "dimension: 3",
        f"sizes: {x} {y} {z}",
    ]
    if calibration.voxel_nm is not None:
        dz, dy, dx = _mm(calibration.voxel_nm)
        lines += [
            "space dimension: 3",
            f"space directions: ({dx},0,0) (0,{dy},0) (0,0,{dz})",
            'space units: "mm" "mm" "mm"',
            "space origin: (0,0,0)",
        ]
    lines += ["kinds: domain domain domain", "endian: little", "encoding: raw"]
    return "\n".join(lines) + "\n\n"


def meta_header(info: VolumeInfo, calibration: Calibration, data_file: str) -> str:
    """Header of a MetaImage; axes x, y, z."""
    z, y, x = info.shape
    lines = [
        "ObjectType = Image",
        "NDims = 3",
        "BinaryData = True",
        "BinaryDataByteOrderMSB = False",
        "CompressedData = False",
    ]
    if calibration.voxel_nm is not None:
        dz, dy, dx = _mm(calibration.voxel_nm)
        lines += [
            "TransformMatrix = 1 0 0 0 1 0 0 0 1",
            "Offset = 0 0 0",
            f"ElementSpacing = {dx} {dy} {dz}",
        ]
    # ElementDataFile has to be the last line.
    lines += [f"DimSize = {x} {y} {z}", f"ElementType = {META_TYPES[info.dtype.name]}"]
    return "\n".join([*lines, f"ElementDataFile = {data_file}", ""])


def _mm(voxel_nm: tuple[float, float, float]) -> Iterable[str]:
    return (repr(size / NM_PER_MM) for size in voxel_nm)


def _mm_notes(calibration: Calibration) -> tuple[str, ...]:
    if calibration.voxel_nm is None:
        return ()
    z, y, x = _mm(calibration.voxel_nm)
    return (_MM_NOTE.format(spacing=f"X {x}, Y {y}, Z {z}"),)


def _append_voxels(path: Path, request: Request, header: bytes = b"") -> None:
    with path.open("xb") as stream:
        stream.write(header)
        for plane in request.planes():
            stream.write(plane_buffer(plane, plane.dtype))

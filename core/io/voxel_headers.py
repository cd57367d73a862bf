"""Headers of MetaImage, NRRD and NIfTI: shape, type, voxel size, and where plain values lie.

References
----------
MetaIO, https://docs.itk.org; NRRD0005, https://teem.sourceforge.net/nrrd/format.html;
NIfTI-1, https://nifti.nimh.nih.gov/nifti-1
"""

from __future__ import annotations

import gzip
import math
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import DamagedFileError, UnsupportedFormatError
from core.io.calibration import positive, unit_nm
from core.io.guard import head_of
from core.volume import Shape, VoxelSize

_MAX_HEADER: Final = 2**20
_MM_NM: Final = 1e6
_DEFAULT_NOTE: Final = "a spacing of 1 along every axis is what programs write that know none: ignored."


@dataclass(frozen=True)
class VoxelFile:
    """What a header says.

    Attributes
    ----------
    data : Path
        File that holds the values.
    offset : int
        Where they start; -1 for plain values at the end of the file.
    packed : bool
        Whether they are compressed with gzip or zlib.
    shape : tuple of int
        (z, y, x).
    stored : str
        Type with byte order.
    voxel_nm : tuple of float or None
        (z, y, x).
    notes : tuple of str
        Sentences for the user.
    scale : tuple of float or None
        Slope and intercept that turn stored values into grey values.
    """

    data: Path
    offset: int
    packed: bool
    shape: Shape
    stored: str
    voxel_nm: VoxelSize
    notes: tuple[str, ...] = ()
    scale: tuple[float, float] | None = None


# ---------------------------------------------------------------- MetaImage
_META_TYPES: Final = {
    "MET_UCHAR": "u1", "MET_CHAR": "i1", "MET_USHORT": "u2", "MET_SHORT": "i2", "MET_UINT": "u4",
    "MET_INT": "i4", "MET_ULONG": "u4", "MET_LONG": "i4", "MET_ULONG_LONG": "u8", "MET_LONG_LONG": "i8",
    "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}  # fmt: skip


def metaimage(path: Path) -> VoxelFile:
    """Read a MetaImage header; lengths are in mm, as ITK writes them."""
    head = head_of(path, _MAX_HEADER)
    found = re.search(rb"ElementDataFile\s*=\s*([^\r\n]*)\r?\n?", head)
    if found is None:
        raise DamagedFileError(
            f"{path.name}: the header names no data file", expected="ElementDataFile = ..."
        )
    fields = _fields(head[: found.start()].decode("utf-8", "replace"), "=")
    name = found[1].decode("utf-8", "replace").strip()
    if name.upper() == "LIST" or "%" in name:
        raise UnsupportedFormatError(
            f"{path.name} names one data file per slice", remedy="open the folder of the slices instead"
        )
    shape = _shape(fields.get("DimSize", "").split(), path, fields.get("NDims"))
    if fields.get("ElementNumberOfChannels", "1") != "1":
        raise UnsupportedFormatError(f"{path.name} holds several values per voxel", expected="one grey value")
    local = name.upper() == "LOCAL"
    stored = _META_TYPES.get(fields.get("ElementType", ""))
    if stored is None:
        raise UnsupportedFormatError(f"{path.name}: unknown type", got=fields.get("ElementType"))
    big = _true(fields.get("BinaryDataByteOrderMSB", fields.get("ElementByteOrderMSB", "False")))
    if not _true(fields.get("BinaryData", "True")):
        raise UnsupportedFormatError(f"{path.name} holds its values as text", expected="BinaryData = True")
    packed = _true(fields.get("CompressedData", "False"))
    offset = found.end() if local else int(fields.get("HeaderSize", "0"))
    spacing = fields.get("ElementSpacing", fields.get("ElementSize", "")).split()
    voxel_nm, notes = _lengths(spacing, [_MM_NM] * len(spacing), shape)
    data = path if local else path.parent / name
    order = ">" if big else "<"
    return VoxelFile(data, offset, packed, shape, order + stored, voxel_nm, notes)


# ---------------------------------------------------------------- NRRD
_NRRD_TYPES: Final = {
    "signed char": "i1", "int8": "i1", "int8_t": "i1", "uchar": "u1", "unsigned char": "u1", "uint8": "u1",
    "uint8_t": "u1", "short": "i2", "short int": "i2", "signed short": "i2", "signed short int": "i2",
    "int16": "i2", "int16_t": "i2", "ushort": "u2", "unsigned short": "u2", "unsigned short int": "u2",
    "uint16": "u2", "uint16_t": "u2", "int": "i4", "signed int": "i4", "int32": "i4", "int32_t": "i4",
    "uint": "u4", "unsigned int": "u4", "uint32": "u4", "uint32_t": "u4", "longlong": "i8",
    "long long": "i8", "int64": "i8", "int64_t": "i8", "ulonglong": "u8", "unsigned long long": "u8",
    "uint64": "u8", "uint64_t": "u8", "float": "f4", "double": "f8",
}  # fmt: skip


_NRRD_PLACES: Final = ("domain", "space", "scalar", "stub", "none", "???")


def nrrd(path: Path) -> VoxelFile:
    """Read a NRRD header; lengths in the stated units, in mm where none is stated (as ITK and Slicer do)."""
    head = head_of(path, _MAX_HEADER)
    blank = re.search(rb"\r?\n\r?\n", head)
    text = head[: blank.start() if blank else len(head)].decode("utf-8", "replace")
    fields = {key.lower(): value for key, value in _fields(text, ":").items()}
    name = fields.get("data file", fields.get("datafile", ""))
    if blank is None and not name:
        raise DamagedFileError(f"{path.name}: the NRRD header does not end")
    if name.upper().startswith("LIST") or "%" in name:
        raise UnsupportedFormatError(
            f"{path.name} names one data file per slice", remedy="open the folder of the slices instead"
        )
    shape = _shape(fields.get("sizes", "").split(), path, fields.get("dimension"))
    odd = [kind for kind in fields.get("kinds", "").lower().split() if kind not in _NRRD_PLACES]
    if odd:
        raise UnsupportedFormatError(
            f"{path.name} holds several values per voxel or times",
            expected="one grey value",
            got=odd,
        )
    stored = _NRRD_TYPES.get(fields.get("type", "").lower())
    if stored is None:
        raise UnsupportedFormatError(f"{path.name}: unknown type", got=fields.get("type"))
    encoding = fields.get("encoding", "").lower()
    if encoding not in ("raw", "gzip", "gz") or fields.get("line skip", fields.get("lineskip", "0")) != "0":
        raise UnsupportedFormatError(
            f"{path.name} stores its values as '{encoding}'", expected="encoding raw or gzip"
        )
    packed = encoding != "raw"
    skip = int(fields.get("byte skip", fields.get("byteskip", "0")))
    start = 0 if name else (blank.end() if blank else 0)
    if skip < -1 or (skip == -1 and packed):
        raise DamagedFileError(f"{path.name}: impossible byte skip", got=skip)
    offset = -1 if skip == -1 else start + skip
    big = fields.get("endian", "little").lower() == "big"
    voxel_nm, notes = _nrrd_lengths(fields, shape)
    data = path.parent / name if name else path
    order = ">" if big else "<"
    return VoxelFile(data, offset, packed, shape, order + stored, voxel_nm, notes)


def _nrrd_lengths(fields: Mapping[str, str], shape: Shape) -> tuple[VoxelSize, tuple[str, ...]]:
    vectors = re.findall(r"\(([^)]*)\)", fields.get("space directions", ""))
    if vectors:
        numbers = [[float(number) for number in vector.split(",")] for vector in vectors]
        spacing = [repr(math.hypot(*vector)) for vector in numbers]
        units = re.findall(r'"([^"]*)"', fields.get("space units", ""))
    else:
        spacing = fields.get("spacings", "").split()
        units = re.findall(r'"([^"]*)"', fields.get("units", ""))
    stated = [unit_nm(unit) if unit else None for unit in units]
    if not units:
        scales: list[float | None] = [_MM_NM] * len(spacing)
    else:
        scales = stated
    voxel_nm, notes = _lengths(spacing, scales, shape)
    if not units and any(size is not None for size in voxel_nm):
        notes = (*notes, "the NRRD header states no unit of length; taken as mm, as ITK does.")
    return voxel_nm, notes


# ---------------------------------------------------------------- NIfTI
_NIFTI_TYPES: Final = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
}  # fmt: skip
_NIFTI_UNITS: Final = {1: 1e9, 2: _MM_NM, 3: 1e3}


def nifti(path: Path) -> VoxelFile:
    """Read a NIfTI-1 header, also inside gzip."""
    packed = head_of(path, 2) == b"\x1f\x8b"
    if packed:
        with gzip.open(path) as file:
            head = file.read(352)
    else:
        head = head_of(path, 352)
    order = "<" if head[:4] == struct.pack("<i", 348) else ">"
    if len(head) < 348 or struct.unpack_from(order + "i", head, 0)[0] != 348:
        raise UnsupportedFormatError(
            f"{path.name} is a NIfTI file of another version", expected="NIfTI-1", remedy="save it as NIfTI-1"
        )
    dims = struct.unpack_from(order + "8h", head, 40)
    shape = _shape([str(length) for length in dims[1 : 1 + dims[0]]] if 1 <= dims[0] <= 7 else [], path)
    code = struct.unpack_from(order + "h", head, 70)[0]
    if code not in _NIFTI_TYPES:
        raise UnsupportedFormatError(f"{path.name}: unknown NIfTI type", got=code)
    start, slope, inter = struct.unpack_from(order + "3f", head, 108)
    scaled = slope not in (0.0, 1.0) or inter != 0.0
    separate = head[344:347] == b"ni1"
    data = path.with_suffix(".img") if separate else path
    unit = _NIFTI_UNITS.get(head[123] & 7)
    spacing = [f"{value:.7g}" for value in struct.unpack_from(order + "3f", head, 80)]
    voxel_nm, notes = _lengths(spacing, [unit] * 3, shape)
    if unit is None:
        notes = (*notes, "the NIfTI header states no unit of length: the voxel size is unknown.")
    if scaled:
        notes = (*notes, f"stored values are scaled: value × {slope:g} + {inter:g}.")
    if not (math.isfinite(start) and start >= 0 and math.isfinite(slope) and math.isfinite(inter)):
        raise DamagedFileError(f"{path.name}: the header holds impossible numbers", got=(start, slope, inter))
    return VoxelFile(
        data=data,
        offset=int(start),
        packed=packed,
        shape=shape,
        stored=order + _NIFTI_TYPES[code],
        voxel_nm=voxel_nm,
        notes=notes,
        scale=(slope, inter) if scaled else None,
    )


# ---------------------------------------------------------------- shared
def _fields(text: str, mark: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, sign, value = line.partition(mark)
        if sign and not line.startswith("#"):
            found.setdefault(key.strip(), value.lstrip("=").strip())
    return found


def _true(text: str) -> bool:
    return text.strip().lower() in ("true", "1", "yes")


def _shape(words: Sequence[str], path: Path, axes: str | None = None) -> Shape:
    """(z, y, x) of sizes stated x first, as many as `axes` says; further axes have to be of length 1."""
    sizes = [int(word) for word in words]
    if axes is not None and int(axes) != len(sizes):
        raise DamagedFileError(
            f"{path.name}: the header contradicts itself", expected=f"{axes} sizes", got=" × ".join(words)
        )
    if not sizes or min(sizes) < 1 or max(sizes) > 2**31:
        raise DamagedFileError(f"{path.name}: the header states an impossible size", got=" × ".join(words))
    if len(sizes) < 2 or any(length != 1 for length in sizes[3:]):
        raise UnsupportedFormatError(
            f"{path.name} has {len(sizes)} axes", expected="three axes (x, y, z)", got=" × ".join(words)
        )
    x, y, z = [*sizes, 1][:3]
    return z, y, x


def _lengths(
    spacing: Sequence[str], scales: Sequence[float | None], shape: Shape
) -> tuple[VoxelSize, tuple[str, ...]]:
    """Voxel size from spacings stated x first; a spacing of 1 everywhere is no statement."""
    sizes = [positive(word) for word in spacing]
    if len(sizes) < 2 or len(scales) < len(sizes):
        return (None, None, None), ()
    if all(size == 1.0 for size in sizes[:3]):
        return (None, None, None), (_DEFAULT_NOTE,)
    lengths = [_scaled(size, scale) for size, scale in zip(sizes, scales, strict=False)]
    x, y, z = [*lengths, None][:3]
    return (z if shape[0] > 1 else None, y, x), ()


def _scaled(size: float | None, scale: float | None) -> float | None:
    """Length in nm, without the noise of decimal fractions (7.1e-06 mm is 7.1 nm)."""
    return None if size is None or scale is None else float(f"{size * scale:.12g}")

"""FIB-SEM ``.dat`` files of Janelia's instruments: 1024 bytes of header, then bare big-endian values.

The pixels hold the values of all detectors side by side: (rows, columns, detectors), int16 or uint8.

References
----------
Layout as documented by github.com/janelia-cellmap/fibsem-tools and github.com/clbarnes/jeiss-specs; checked
against a real file of version 9.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import DamagedFileError, UnsupportedFormatError
from core.io.choose import chosen_sample
from core.io.flat import FlatSource
from core.io.found import Found, Picture
from core.io.guard import file_size, reading, require_bytes
from core.io.options import ReadOptions
from core.job import Job
from core.metadata import Metadata

FORMAT: Final = "Janelia FIB-SEM .dat"
MAGIC: Final = b"\xd3\xed\xf5\xf2"
HEADER_BYTES: Final = 1024
_VERSIONS: Final = range(1, 10)
_PA_PER_A, _US_PER_S = 1e12, 1e6
_ION_MODES: Final = (1, 6)  # FIB imaging, FIB drift correction


@dataclass(frozen=True)
class DatHeader:
    """What the header says; `nbytes` is the length the file must have."""

    version: int
    shape_yx: tuple[int, int]
    stored: str
    names: tuple[str, ...]
    nbytes: int
    pixel_nm: float | None
    metadata: Metadata


def recognises(_path: Path, head: bytes) -> bool:
    """By the magic number."""
    return head.startswith(MAGIC)


def dat_header(path: Path) -> DatHeader:
    """Read and check the header.

    Raises
    ------
    DamagedFileError
        If the file is shorter than its header or pixels, or states impossible sizes.
    UnsupportedFormatError
        If the version is not known.
    """
    size = file_size(path)
    with reading(path, FORMAT), path.open("rb") as file:
        data = file.read(HEADER_BYTES)
    require_bytes(path, expected=HEADER_BYTES, got=len(data), kind="header of the " + FORMAT)
    header = parse_header(data, path)
    require_bytes(path, expected=header.nbytes, got=size, kind=FORMAT)
    return header


def parse_header(data: bytes, path: Path) -> DatHeader:
    """Interpret the 1024 header bytes; `path` is for messages only."""
    version = _number(data, 4, "H")
    if not data.startswith(MAGIC) or version not in _VERSIONS:
        raise UnsupportedFormatError(
            f"{path.name} is a {FORMAT} file of unknown version", expected="version 1-9", got=version
        )
    channels, eight_bit = int(_number(data, 32, "B")), bool(_number(data, 33, "B"))
    columns, rows = int(_number(data, 100, "I")), int(_number(data, 104, "I"))
    if not 1 <= channels <= 4 or rows < 1 or columns < 1:
        raise DamagedFileError(
            f"{path.name}: the header states an impossible size",
            expected="1-4 detectors, at least 1 × 1 pixel",
            got=f"{channels} detectors, {columns} × {rows} pixels",
        )
    stored = "|u1" if eight_bit else ">i2"
    names = _detectors(data, int(version), channels)
    nbytes = HEADER_BYTES + rows * columns * channels * (1 if eight_bit else 2)
    metadata = _metadata(data, int(version), names)
    return DatHeader(int(version), (rows, columns), stored, names, nbytes, metadata.pixel_nm_yx[1], metadata)


def header_report(path: Path) -> tuple[DatHeader, str] | None:
    """Header of a file whose pixels may be missing, with its version, date and remark in a sentence.

    Returns
    -------
    tuple of DatHeader and str, or None
        None if the file is no Janelia file or its header is not whole.
    """
    with reading(path, FORMAT), path.open("rb") as file:
        data = file.read(HEADER_BYTES)
    if not recognises(path, data) or len(data) < HEADER_BYTES:
        return None
    header = parse_header(data, path)
    remark = _text(data, 180, 200)
    sentence = f"the header is of version {header.version}, dated {_text(data, 8, 10)}"
    return header, f"{sentence}, with the remark: {remark}" if remark else sentence


def dat_source(path: Path, header: DatHeader, sample: int) -> FlatSource:
    """Voxels of one detector."""
    shape = (1, *header.shape_yx)
    return FlatSource(path, shape, header.stored, (HEADER_BYTES,), len(header.names), sample)


def open_dat(path: Path, options: ReadOptions, _job: Job) -> Found:
    """Open one file: a stack of one slice.

    Raises
    ------
    AmbiguousInputError
        If it holds several detectors and none is asked for.
    """
    header = dat_header(path)
    sample, notes, choices = chosen_sample(header.names, options.dataset, path)
    picture = dat_picture(path, header, sample)
    return Found(
        dat_source(path, header, sample), f"{FORMAT} version {header.version}", (path,),
        first=picture, last=picture, channels=choices, notes=notes,
    )  # fmt: skip


def dat_picture(path: Path, header: DatHeader, sample: int) -> Picture:
    """What the header says of one detector."""
    name = header.names[sample]
    metadata = header.metadata.model_copy(update={"detector": None if name.isdecimal() else name})
    return Picture(path, header.shape_yx, metadata=metadata)


def _detectors(data: bytes, version: int, channels: int) -> tuple[str, ...]:
    """Names of the detectors whose inputs were recorded; numbers where the names do not tell."""
    places = (
        ((380, 10), (390, 18), (700, 20), (720, 20))
        if version < 3
        else ((380, 10), (390, 18), (410, 20), (430, 20))
    )
    names = [_text(data, *place) for place in places]
    used = [name for name, switch in zip(names, data[151:155], strict=True) if switch]
    if len(used) == channels and all(used) and len(set(used)) == channels:
        return tuple(used)
    if channels == 1:
        return ("grey",)
    return tuple(str(number) for number in range(1, channels + 1))


def _metadata(data: bytes, version: int, names: tuple[str, ...]) -> Metadata:
    early = version < 3
    pixel_nm = _positive(data, *((416, "d") if early else (464, "f")))
    voltage_kv = _positive(data, *((432, "d") if early else (472, "f")))
    current_a = _positive(data, *((448, "d") if early else (490, "f")))
    tilt_deg = _number(data, *((536, "d") if early else (546, "f")))
    mode = int(_number(data, 600, "B"))
    rate_hz = _positive(data, 112, "d" if version < 4 else "f")
    machine = _text(data, 800, 30) if version >= 5 else ""
    return Metadata(
        vendor="Janelia",
        instrument=machine or None,
        beam="ion" if mode in _ION_MODES else "electron",
        voltage_kv=voltage_kv,
        current_pa=None if current_a is None else round(current_a * _PA_PER_A, 6),
        dwell_us=None if rate_hz is None else _US_PER_S / rate_hz,
        pixel_nm_yx=(pixel_nm, pixel_nm),
        stage_tilt_deg=tilt_deg if -180 <= tilt_deg <= 180 else None,
        sources=(f"{FORMAT} header",),
    )


def _number(data: bytes, place: int, form: str) -> float:
    (value,) = struct.unpack_from(">" + form, data, place)
    return value  # type: ignore[no-any-return]


def _positive(data: bytes, place: int, form: str) -> float | None:
    value = _number(data, place, form)
    # 4-byte floats carry seven digits; 7.999856 must not become 7.99985599517822.
    return float(f"{value:.7g}") if 0 < value < 1e12 else None


def _text(data: bytes, place: int, length: int) -> str:
    return data[place : place + length].split(b"\0")[0].decode("latin-1").strip()

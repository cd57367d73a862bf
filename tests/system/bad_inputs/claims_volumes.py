"""MRC, MetaImage, NRRD and NIfTI files whose headers claim too much, or voxels that are no grey values."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import numpy as np

from tests.system.bad_inputs.case import Outcome, Reading
from tests.system.bad_inputs.claims_tiff import HALF_GIGA
from tests.system.bad_inputs.valid import grey, write_itk, write_mrc

Make = Callable[[Path], Path]


def _patched(name: str, write: Callable[[Path], object], places: dict[int, bytes], folder: Path) -> Path:
    path = folder / name
    write(path)
    data = bytearray(path.read_bytes())
    for place, value in places.items():
        data[place : place + len(value)] = value
    path.write_bytes(data)
    return path


def mrc(**words: int) -> Make:
    """MRC with other numbers in its header: nx, ny, nz, mode, nsymbt (32 bits each)."""
    at = {"nx": 0, "ny": 4, "nz": 8, "mode": 12, "mx": 28, "my": 32, "mz": 36, "nsymbt": 92, "ispg": 88}
    places = {at[name]: struct.pack("<i", value) for name, value in words.items()}
    return partial(_patched, "x.mrc", write_mrc, places)


def nifti(*, dim: tuple[int, ...] = (), places: dict[int, bytes] | None = None) -> Make:
    """NIfTI with other numbers in its header."""
    found = dict(places or {})
    if dim:
        found[40] = struct.pack(f"<{len(dim)}h", *dim)
    return partial(_patched, "x.nii", write_itk, found)


def text_header(name: str, lines: list[str], data: bytes = bytes(768), **others: bytes) -> Make:
    """A file that starts with a text, and files beside it."""

    def make(folder: Path) -> Path:
        (folder / name).write_bytes("\n".join([*lines, ""]).encode() + data)
        for other, content in others.items():
            (folder / other.replace("_", ".")).write_bytes(content)
        return folder / name

    return make


def mhd(name: str = "x.mhd", *, data: bytes = b"", drop: str = "", **changes: str) -> Make:
    """MetaImage header with some lines changed; 768 voxels lie beside it."""
    lines = {
        "ObjectType": "Image", "NDims": "3", "BinaryData": "True", "BinaryDataByteOrderMSB": "False",
        "DimSize": "32 24 1", "ElementType": "MET_UCHAR", "ElementDataFile": "x.raw",
    }  # fmt: skip
    order = [key for key in (lines | changes) if key != "ElementDataFile"]
    merged = lines | changes
    text = [f"{key} = {merged[key]}" for key in [*order, "ElementDataFile"] if key != drop]
    return text_header(name, text, data, x_raw=bytes(768))


def nrrd(*, data: bytes = bytes(768), drop: str = "", magic: str = "NRRD0005", **changes: str) -> Make:
    """NRRD with some lines changed (underscores stand for spaces)."""
    lines = {"type": "uchar", "dimension": "3", "sizes": "32 24 1", "encoding": "raw", "endian": "little"}
    lines |= {key.replace("_", " "): value for key, value in changes.items()}
    text = [magic, *(f"{key}: {value}" for key, value in lines.items() if key != drop), ""]
    return text_header("x.nrrd", text, data)


@cache
def _zipped(nbytes: int) -> bytes:
    return gzip.compress(bytes(nbytes), 9)


def _nifti_bomb(folder: Path) -> Path:
    plain = nifti()(folder)
    path = folder / "x.nii.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()[:352] + bytes(HALF_GIGA), 1))
    plain.unlink()
    return path


def _nifti_claim_zipped(folder: Path) -> Path:
    plain = nifti(dim=(3, 32767, 32767, 32767))(folder)
    path = folder / "x.nii.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    return path


def _of_type(name: str, dtype: str) -> Make:
    def make(folder: Path) -> Path:
        write = write_mrc if name.endswith(".mrc") else write_itk
        write(folder / name, grey().astype(dtype))
        return folder / name

    return make


_MANY = "1000000 1000000 1000000"
_TABLE: dict[str, tuple[Outcome, Make]] = {
    "mrc-2^93-voxels": ("error", mrc(nx=2**31 - 1, ny=2**31 - 1, nz=2**31 - 1)),
    "mrc-10^12-voxels": ("error", mrc(nx=10**4, ny=10**4, nz=10**4)),
    "mrc-negative": ("error", mrc(nx=-32)),
    "mrc-zero-slices": ("error", mrc(nz=0)),
    "mrc-zero-columns": ("error", mrc(nx=0)),
    "mrc-mode-99": ("error", mrc(mode=99)),
    "mrc-complex": ("error", mrc(mode=4, nx=4)),
    "mrc-complex-integers": ("error", mrc(mode=3, nx=8)),
    "mrc-negative-extended-header": ("error", mrc(nsymbt=-1000)),
    "mrc-huge-extended-header": ("error", mrc(nsymbt=2**31 - 1)),
    "mrc-zero-cells": ("either", mrc(mx=0, my=0, mz=0)),
    "mrc-stack-of-volumes": ("either", mrc(ispg=401, mz=2)),
    "mrc-half-float": ("either", _of_type("x.mrc", "float16")),
    "mha-10^18-voxels": ("error", mhd("x.mha", DimSize=_MANY, ElementDataFile="LOCAL", data=bytes(768))),
    "mhd-10^18-voxels": ("error", mhd(DimSize=_MANY)),
    "mhd-10^12-voxels": ("error", mhd(DimSize="10000 10000 10000")),
    "mhd-2^66-voxels": ("error", mhd(DimSize="4194304 4194304 4194304")),
    "mhd-one-slice-too-many": ("error", mhd(DimSize="32 24 2")),
    "mhd-zero": ("error", mhd(DimSize="0 24 1")),
    "mhd-negative": ("error", mhd(DimSize="-32 24 1")),
    "mhd-no-numbers": ("error", mhd(DimSize="a b c")),
    "mhd-two-numbers": ("error", mhd(DimSize="32 24")),
    "mhd-no-size": ("error", mhd(drop="DimSize")),
    "mhd-50-axes": ("error", mhd(NDims="50", DimSize=" ".join(["2"] * 50))),
    "mhd-4-axes": ("error", mhd(NDims="4", DimSize="32 6 2 2")),
    "mhd-1-axis": ("error", mhd(NDims="1", DimSize="768")),
    "mhd-unknown-type": ("error", mhd(ElementType="MET_QUATERNION")),
    "mhd-no-type": ("error", mhd(drop="ElementType")),
    "mhd-colour": ("error", mhd(ElementNumberOfChannels="3", DimSize="8 32 1")),
    "mhd-no-data-file": ("error", mhd(drop="ElementDataFile")),
    "mhd-data-file-missing": ("error", mhd(ElementDataFile="gone.raw")),
    "mhd-data-file-is-itself": ("either", mhd(ElementDataFile="x.mhd")),
    "mhd-data-file-is-a-folder": ("error", mhd(ElementDataFile=".")),
    "mhd-data-file-is-a-device": ("error", mhd(ElementDataFile="/dev/zero")),
    "mhd-list-without-files": ("error", mhd(ElementDataFile="LIST")),
    "mhd-list-of-missing-files": ("error", mhd(ElementDataFile="LIST", data=b"a.raw\nb.raw\n")),
    "mhd-10^9-numbered-files": ("error", mhd(ElementDataFile="x%09d.raw 1 1000000000 1")),
    "mhd-format-string": ("error", mhd(ElementDataFile="%s%n%s%n 1 9 1")),
    "mhd-header-longer-than-file": ("error", mhd(HeaderSize="1000000000")),
    "mhd-compressed-noise": ("error", mhd(CompressedData="True", CompressedDataSize="768")),
    "mhd-spacing-of-words": ("either", mhd(ElementSpacing="a b c")),
    "mhd-spacing-negative": ("either", mhd(ElementSpacing="-1 0 1e999")),
    "mhd-line-of-1-MB": ("either", mhd(Comment="x" * (1 << 20))),
    "mha-complex-64-bit": ("either", _of_type("x.mha", "int64")),
    "nrrd-10^18-voxels": ("error", nrrd(sizes=_MANY)),
    "nrrd-10^18-voxels-gzip": ("error", nrrd(sizes=_MANY, encoding="gzip", data=_zipped(768))),
    "nrrd-10^10-voxels-gzip": ("error", nrrd(sizes="10000 1000 1000", encoding="gzip", data=_zipped(768))),
    "nrrd-2^66-voxels": ("error", nrrd(sizes="4194304 4194304 4194304")),
    "nrrd-bomb": ("either", nrrd(encoding="gzip", data=_zipped(HALF_GIGA))),
    "nrrd-zero": ("error", nrrd(sizes="0 24 1")),
    "nrrd-negative": ("error", nrrd(sizes="-32 24 1")),
    "nrrd-99-axes": ("error", nrrd(dimension="99")),
    "nrrd-0-axes": ("error", nrrd(dimension="0")),
    "nrrd-2-sizes": ("error", nrrd(sizes="32 24")),
    "nrrd-no-sizes": ("error", nrrd(drop="sizes")),
    "nrrd-no-type": ("error", nrrd(drop="type")),
    "nrrd-block-type": ("error", nrrd(type="block", block_size="12")),
    "nrrd-unknown-encoding": ("error", nrrd(encoding="zpaq")),
    "nrrd-gzip-that-is-none": ("error", nrrd(encoding="gzip")),
    "nrrd-text-that-is-none": ("error", nrrd(encoding="ascii", data=b"one two three " * 99)),
    "nrrd-version-9999": ("error", nrrd(magic="NRRD9999")),
    "nrrd-data-file-missing": ("error", nrrd(data_file="gone.raw")),
    "nrrd-data-file-is-a-device": ("error", nrrd(data_file="/dev/zero")),
    "nrrd-10^9-data-files": ("error", nrrd(data_file="x%09d.raw 1 1000000000 1")),
    "nrrd-skips-beyond-the-end": ("error", nrrd(byte_skip="1000000000")),
    "nrrd-colour-first": ("error", nrrd(sizes="3 16 16", kinds="RGB-color domain domain")),
    "nifti-2^45-voxels": ("error", nifti(dim=(3, 32767, 32767, 32767))),
    "nifti-2^45-voxels-gzip": ("error", _nifti_claim_zipped),
    "nifti-bomb": ("either", _nifti_bomb),
    "nifti-negative": ("error", nifti(dim=(3, -32, 24, 5))),
    "nifti-zero": ("error", nifti(dim=(3, 0, 24, 5))),
    "nifti-0-axes": ("error", nifti(dim=(0,))),
    "nifti-7-axes": ("error", nifti(dim=(7, 2, 2, 2, 2, 2, 2, 2))),
    "nifti-time-series": ("error", nifti(dim=(4, 32, 24, 1, 5))),
    "nifti-complex": ("error", nifti(dim=(3, 4, 24, 5), places={70: struct.pack("<hh", 32, 64)})),
    "nifti-colour": ("error", nifti(dim=(3, 10, 24, 5), places={70: struct.pack("<hh", 128, 24)})),
    "nifti-unknown-type": ("error", nifti(places={70: struct.pack("<hh", 999, 8)})),
    "nifti-voxels-beyond-the-end": ("error", nifti(places={108: struct.pack("<f", 1e12)})),
    "nifti-voxels-at-nan": ("error", nifti(places={108: struct.pack("<f", np.nan)})),
    "nifti-sizes-of-nan": ("either", nifti(places={76: struct.pack("<4f", *[np.nan] * 4)})),
}


def cases() -> Iterator[Reading]:
    """All of them."""
    for name, (outcome, make) in _TABLE.items():
        yield Reading(name, make, outcome, says="x.")

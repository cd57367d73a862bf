"""HDF5 and Zarr: no data set, the wrong one, impossible ones, and some that hold terabytes of nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.io import ReadOptions
from tests.system.bad_inputs.case import Outcome, Reading
from tests.system.bad_inputs.valid import grey, write_zarr

Fill = Callable[[Any], object]


def _hdf5(fill: Fill, folder: Path) -> Path:
    import h5py

    path = folder / "x.h5"
    with h5py.File(path, "w") as file:
        fill(file)
    return path


def _sparse(shape: tuple[int, ...], chunks: tuple[int, ...], file: Any) -> None:
    file.create_dataset("data", shape=shape, chunks=chunks, dtype="u1")


def _bomb(file: Any) -> None:
    # One chunk of 128 MiB of zeros, an eighth of a megabyte on disk: chunks are decoded whole.
    shape = (128, 1024, 1024)
    block = file.create_dataset("data", shape=shape, chunks=shape, dtype="u1", compression="gzip")
    import zlib

    packer = zlib.compressobj(1)
    zeros = bytes(1 << 24)
    parts = [packer.compress(zeros) for _ in range(8)]
    block.id.write_direct_chunk((0, 0, 0), b"".join(parts) + packer.flush())


def _links(file: Any) -> None:
    import h5py

    file["gone"] = h5py.SoftLink("/nowhere")
    file["far"] = h5py.ExternalLink("missing.h5", "/data")
    file["a"] = h5py.SoftLink("/b")
    file["b"] = h5py.SoftLink("/a")


def _circle(file: Any) -> None:
    group = file.create_group("one")
    group["again"] = file["/"]
    group["data"] = grey()


def _virtual(file: Any) -> None:
    import h5py

    layout = h5py.VirtualLayout(shape=(4, 8, 8), dtype="u1")
    layout[:] = h5py.VirtualSource("missing.h5", "data", shape=(4, 8, 8))
    file.create_virtual_dataset("data", layout)


def _deep(file: Any) -> None:
    group = file
    for _ in range(400):
        group = group.create_group("g")
    group["data"] = grey()


def _put(value: Any) -> Fill:
    return lambda file: file.create_dataset("data", data=value)


_HDF5: dict[str, tuple[Outcome, Fill]] = {
    "no-data-set": ("error", lambda file: file.create_group("empty")),
    "two-data-sets": ("error", lambda file: file.update(a=grey(), b=grey())),
    "10^12-voxels-never-written": ("either", partial(_sparse, (10**4, 10**4, 10**4), (1, 1000, 1000))),
    "10^18-voxels-never-written": ("error", partial(_sparse, (10**6, 10**6, 10**6), (1, 1000, 1000))),
    "10^12-voxels-per-slice": ("error", partial(_sparse, (2, 10**6, 10**6), (1, 1000, 1000))),
    "128-MB-chunk-of-zeros": ("either", _bomb),
    "zero-sized": ("error", _put(np.zeros((0, 24, 32), np.uint8))),
    "zero-columns": ("error", _put(np.zeros((5, 24, 0), np.uint8))),
    "no-value": ("error", lambda file: file.create_dataset("data", dtype="u1")),
    "scalar": ("error", _put(5)),
    "1-axis": ("error", _put(np.zeros(9, np.uint8))),
    "5-axes": ("error", _put(np.zeros((2, 2, 2, 2, 2), np.uint8))),
    "complex": ("error", _put(grey(np.complex64))),
    "words": ("error", _put(["some", "words"])),
    "records": ("error", _put(np.zeros((2, 3, 4), [("a", "u1"), ("b", "f4")]))),
    "half-float": ("either", _put(grey(np.float16))),
    "bool": ("either", _put(grey() > 100)),
    "int64": ("either", _put(grey(np.int64))),
    "int64-too-large": ("error", _put(grey(np.int64) * 2**40)),
    "links-to-nowhere": ("error", _links),
    "group-within-itself": ("either", _circle),
    "virtual-source-missing": ("either", _virtual),
    "400-groups-deep": ("either", _deep),
    "unknown-filter": ("error", lambda file: _unknown_filter(file)),
}


def _unknown_filter(file: Any) -> None:
    import h5py

    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((1, 8, 8))
    plist.set_filter(40000, h5py.h5z.FLAG_OPTIONAL, (1,))
    space = h5py.h5s.create_simple((4, 8, 8))
    data = h5py.h5d.create(file.id, b"data", h5py.h5t.NATIVE_UINT8, space, plist)
    data.write_direct_chunk((0, 0, 0), b"\x01\x02\x03", filter_mask=0)


def _edited(version: int, change: Callable[[dict[str, Any]], object], folder: Path) -> Path:
    path = folder / "x.zarr"
    write_zarr(path, version)
    file = path / (".zarray" if version == 2 else "zarr.json")
    table = json.loads(file.read_text(encoding="utf-8"))
    change(table)
    file.write_text(json.dumps(table), encoding="utf-8")
    return path


def _ome_edited(change: Callable[[dict[str, Any]], object], folder: Path) -> Path:
    path = folder / "x.ome.zarr"
    write_zarr(path, ome=True)
    file = path / "zarr.json"
    table = json.loads(file.read_text(encoding="utf-8"))
    change(table["attributes"]["ome"]["multiscales"][0])
    file.write_text(json.dumps(table), encoding="utf-8")
    return path


def _grid(table: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = table["chunk_grid"]["configuration"]
    return found


def _chunked(side: int) -> Callable[[dict[str, Any]], object]:
    def change(table: dict[str, Any]) -> None:
        table["shape"] = [side] * 3
        _grid(table)["chunk_shape"] = [side] * 3

    return change


_ZARR3: dict[str, tuple[Outcome, Callable[[dict[str, Any]], object]]] = {
    "10^12-voxels-never-written": ("either", lambda t: t.update(shape=[10**4] * 3)),
    "10^18-voxels": ("error", lambda t: t.update(shape=[10**6] * 3)),
    "2^90-voxels": ("error", lambda t: t.update(shape=[2**30] * 3)),
    "10^12-voxels-per-slice": ("error", lambda t: t.update(shape=[2, 10**6, 10**6])),
    "chunk-of-10^12-voxels": ("error", _chunked(10**4)),
    "zero-sized": ("error", lambda t: t.update(shape=[0, 24, 32])),
    "negative": ("error", lambda t: t.update(shape=[-5, 24, 32])),
    "words-for-shape": ("error", lambda t: t.update(shape="large")),
    "1-axis": ("error", lambda t: (t.update(shape=[64]), _grid(t).update(chunk_shape=[8]))),
    "unknown-type": ("error", lambda t: t.update(data_type="quaternion")),
    "complex": ("error", lambda t: t.update(data_type="complex64", fill_value=[0, 0])),
    "int64": ("either", lambda t: t.update(data_type="int64")),
    "unknown-codec": ("error", lambda t: t.update(codecs=[{"name": "zpaq"}])),
    "no-codecs": ("error", lambda t: t.pop("codecs")),
    "zero-chunks": ("error", lambda t: _grid(t).update(chunk_shape=[0, 0, 0])),
    "unknown-grid": ("error", lambda t: t["chunk_grid"].update(name="spiral")),
    "is-no-array": ("error", lambda t: t.update(node_type="poem")),
    "version-7": ("error", lambda t: t.update(zarr_format=7)),
    "fill-value-of-words": ("error", lambda t: t.update(fill_value="black")),
}  # fmt: skip

_ZARR2: dict[str, tuple[Outcome, Callable[[dict[str, Any]], object]]] = {
    "10^18-voxels": ("error", lambda t: t.update(shape=[10**6] * 3)),
    "zero-sized": ("error", lambda t: t.update(shape=[0, 24, 32])),
    "chunks-of-other-axes": ("error", lambda t: t.update(chunks=[2, 12])),
    "unknown-codec": ("error", lambda t: t.update(compressor={"id": "zpaq"})),
    "unknown-type": ("error", lambda t: t.update(dtype="<q99")),
    "objects": ("error", lambda t: t.update(dtype="|O", filters=[{"id": "pickle"}])),
}

_OME: dict[str, tuple[Outcome, Callable[[dict[str, Any]], object]]] = {
    "no-data-sets": ("error", lambda m: m.update(datasets=[])),
    "array-missing": ("error", lambda m: m["datasets"][0].update(path="9")),
    "array-outside": ("error", lambda m: m["datasets"][0].update(path="../../elsewhere")),
    "array-is-a-number": ("error", lambda m: m["datasets"][0].update(path=7)),
    "axes-missing": ("either", lambda m: m.pop("axes")),
    "two-axes": ("error", lambda m: m.update(axes=m["axes"][1:])),
    "axes-of-words": ("error", lambda m: m.update(axes="zyx?")),
    "scale-of-words": ("either", lambda m: _transform(m).update(scale=["a", "b", "c"])),
    "scale-of-two": ("either", lambda m: _transform(m).update(scale=[1.0, 2.0])),
    "scale-negative": ("either", lambda m: _transform(m).update(scale=[-1.0, 0.0, 1e300])),
    "no-transformations": ("either", lambda m: m["datasets"][0].pop("coordinateTransformations")),
}


def _transform(multiscale: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = multiscale["datasets"][0]["coordinateTransformations"][0]
    return found


def cases() -> Iterator[Reading]:
    """All of them."""
    for name, (outcome, fill) in _HDF5.items():
        yield Reading(f"hdf5-{name}", partial(_hdf5, fill), outcome, says="x.h5")
    yield Reading(
        "hdf5-other-data-set",
        partial(_hdf5, _put(grey())),
        options=ReadOptions(dataset="/elsewhere"),
        says="x.h5",
    )
    for version, table in ((3, _ZARR3), (2, _ZARR2)):
        for name, (outcome, change) in table.items():
            yield Reading(f"zarr{version}-{name}", partial(_edited, version, change), outcome, says="x.zarr")
    for name, (outcome, change) in _OME.items():
        yield Reading(f"ome-zarr-{name}", partial(_ome_edited, change), outcome, says="x.ome.zarr")
    yield Reading("hdf5-is-a-folder", lambda folder: _folder(folder / "x.h5"), says="x.h5")
    yield Reading("zarr-is-a-file", lambda folder: _file(folder / "x.zarr"), says="x.zarr")
    yield Reading("zarr-empty-folder", lambda folder: _folder(folder / "x.zarr"), says="x.zarr")
    yield Reading("zarr-group-without-arrays", _empty_group, says="x.zarr")


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _file(path: Path) -> Path:
    path.write_bytes(b"not a folder")
    return path


def _empty_group(folder: Path) -> Path:
    import zarr

    zarr.create_group(folder / "x.zarr")
    return folder / "x.zarr"

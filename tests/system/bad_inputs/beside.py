"""Damaged or foreign files beside a good one: tables of positions, descriptions of bare values, projects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tests.system.bad_inputs.case import Outcome, Reading
from tests.system.bad_inputs.valid import SHAPE, valid, write_raw, write_slices

_TABLES: dict[str, tuple[Outcome, bytes]] = {
    "good": ("works", b"slice,z_nm\n0,0\n1,10\n2,19.5\n3,31\n4,40\n"),
    "of-fewer-slices": ("works", b"slice,z_nm\n0,0\n1,10\n"),
    "empty": ("error", b""),
    "of-another-kind": ("error", b"time,temperature\n0,21\n"),
    "of-words": ("error", b"slice,z_nm\n0,top\n1,b\n2,c\n3,d\n4,e\n"),
    "of-nan": ("error", b"slice,z_nm\n0,0\n1,nan\n2,20\n3,30\n4,40\n"),
    "of-inf": ("error", b"slice,z_nm\n0,0\n1,10\n2,20\n3,30\n4,inf\n"),
    "that-falls": ("error", b"slice,z_nm\n0,0\n1,10\n2,5\n3,30\n4,40\n"),
    "that-stands-still": ("error", b"slice,z_nm\n0,0\n1,10\n2,10\n3,30\n4,40\n"),
    "of-noise": ("error", bytes(range(256))),
    "of-zeros": ("error", bytes(5000)),
}
_DESCRIPTION: dict[str, Any] = {
    "shape_zyx": list(SHAPE), "dtype": "uint8", "byte_order": "little", "header_bytes": 0,
    "voxel_nm_zyx": [10.0, 5.0, 5.0],
}  # fmt: skip
_CHANGES: dict[str, tuple[Outcome, dict[str, Any]]] = {
    "good": ("works", {}),
    "too-large": ("error", {"shape_zyx": [99, 24, 32]}),
    "10^18-voxels": ("error", {"shape_zyx": [10**6] * 3}),
    "10^400-voxels": ("error", {"shape_zyx": [10**400, 1, 1]}),
    "too-small": ("error", {"shape_zyx": [1, 24, 32]}),
    "zero": ("error", {"shape_zyx": [0, 24, 32]}),
    "negative": ("error", {"shape_zyx": [-5, 24, 32]}),
    "of-two-axes": ("error", {"shape_zyx": [24, 32]}),
    "shape-of-words": ("error", {"shape_zyx": "large"}),
    "unknown-type": ("error", {"dtype": "quaternion"}),
    "object-type": ("error", {"dtype": "object"}),
    "text-type": ("error", {"dtype": "U1"}),
    "complex-type": ("error", {"dtype": "complex64"}),
    "negative-header": ("error", {"header_bytes": -9}),
    "sizes-of-words": ("either", {"voxel_nm_zyx": ["a", None, -1]}),
    "two-sizes": ("error", {"voxel_nm_zyx": [1, 2]}),
    "positions-of-words": ("error", {"z_nm": ["a"] * 5}),
    "positions-of-fewer-slices": ("error", {"z_nm": [0.0, 1.0]}),
    "positions-that-fall": ("works", {"z_nm": [0.0, 2.0, 1.0, 3.0, 4.0]}),
    "unknown-content": ("works", {"content": "poem"}),
}
_JUNK = {
    "empty": b"",
    "noise": bytes(range(256)) * 9,
    "list": b"[1]",
    "deep": b"[" * 99999,
    "xml": b"<?xml version='1.0'?><a>",
}
_PROJECTS = ("project.emxml", "MAPSProject.xml", "x.a3d-setup")


def cases() -> Iterator[Reading]:
    """All of them."""
    for name, (outcome, content) in _TABLES.items():
        yield Reading(f"positions-{name}", partial(_with_table, content), outcome)
        yield Reading(f"positions-{name}-in-a-folder", partial(_folder_with_table, content), outcome)
    for name, (outcome, changes) in _CHANGES.items():
        text = json.dumps(_DESCRIPTION | changes).encode()
        yield Reading(f"description-{name}", partial(_described, text), outcome, says="stack.raw")
    for name, text in _JUNK.items():
        yield Reading(f"description-{name}", partial(_described, text), says="stack.raw")
        for project in _PROJECTS:
            yield Reading(f"{project}-of-{name}", partial(_project_beside, project, text), "works")


def _with_table(content: bytes, folder: Path) -> Path:
    path = valid("tiff").make(folder)
    (folder / "stack_z_nm.csv").write_bytes(content)
    return path


def _folder_with_table(content: bytes, folder: Path) -> Path:
    write_slices(folder / "slices")
    (folder / "slices" / "z_nm.csv").write_bytes(content)
    return folder / "slices"


def _described(text: bytes, folder: Path) -> Path:
    write_raw(folder / "stack.raw")
    (folder / "stack.raw.json").write_bytes(text)
    return folder / "stack.raw"


def _project_beside(name: str, text: bytes, folder: Path) -> Path:
    path = valid("tiff").make(folder)
    (folder / name).write_bytes(text)
    return path

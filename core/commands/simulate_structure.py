"""``trueslice simulate structure``: a virtual structure as labels, with what was measured in it."""

from __future__ import annotations

import argparse
import math
import typing
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import create_model

from core.commands.plan_options import structure_table
from core.errors import ParameterError
from core.files import folder_for
from core.job import Job
from core.options import add_options, read_options, without_none_type
from core.params import Params, hint, param
from core.simulate.structures.kinds import KINDS
from core.volume import Array, Shape, Volume, VolumeInfo

if TYPE_CHECKING:
    from core.measure.lineal_path import LinealPath
    from core.simulate.structures.pattern import Pattern

_SLAB_VOXELS = 1 << 24


class _Grid(Params):
    """Size and seed of a structure."""

    shape: tuple[int, int, int] = param(..., label="Shape", description="Slices, rows, columns", unit="px")
    voxel_nm: float = param(..., label="Voxel", description="Edge of the cubic voxels", unit="nm", gt=0)
    seed: int = param(1, label="Seed", description="The same seed gives the same voxels", ge=0)


def add(subparsers: Any) -> None:
    """Add the sub-command."""
    from core.commands import new_parser

    parser = new_parser(subparsers, "structure", "Make a virtual structure and measure what was made.")
    parser.add_argument("--kind", choices=list(KINDS), help="kind of structure (default: leveled-wave)")
    parser.add_argument(
        "--structure",
        type=Path,
        metavar="RECIPE.toml",
        help="its kind and parameters from a file; options given beside it win",
    )
    add_options(parser, _Grid, title="grid")
    add_options(parser, _options(), title="structure (each option says for which kinds)")
    parser.add_argument("--isotropy", action="store_true", help="measure the three isotropy errors, too")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUTPUT",
        help="labels; the ending chooses the format (.tif .ome.zarr .nrrd .mhd .raw; none: a folder)",
    )
    parser.set_defaults(function=_make)


def _make(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    from core.execute.preflight import check_disk
    from core.io import open_stack, writers
    from core.simulate.acquisition.prepare import check_writable
    from core.simulate.structures import PatternSource, pattern_of

    grid = read_options(parsed, _Grid, owner="grid")
    structure = _structure(parsed)
    output: Path = parsed.output
    preset = writers.preset_for(output)
    if preset in ("stl", "ply"):
        raise ParameterError("a structure is written as voxels", got=output.name, expected="for example .tif")
    check_writable(output.parent)
    if min(grid.shape) >= 1:
        check_disk(output.absolute().parent, math.prod(grid.shape), "the voxels")
    pattern = pattern_of(
        structure,  # type: ignore[arg-type]  # one of the kinds, which is what Structure is
        shape=grid.shape,
        voxel_nm=grid.voxel_nm,
        seed=grid.seed,
        job=job,
    )
    binary = len(pattern.labels) == 2
    source = PatternSource(pattern, solid_255=binary)
    content: typing.Literal["binary", "labels"] = "binary" if binary else "labels"
    info = VolumeInfo(source.shape, source.dtype, (grid.voxel_nm,) * 3, content=content)
    with folder_for(output.absolute().parent):
        written = writers.write(Volume(info, source), output, preset, job, overwrite=True)
    answer = {
        "kind": structure.kind,  # type: ignore[attr-defined]  # every kind has one
        "shape_zyx": list(grid.shape),
        "voxel_nm_zyx": [grid.voxel_nm] * 3,
        "seed": grid.seed,
        "labels": list(pattern.labels),
    }
    place = output.with_name(writers.fitting_name(output.name, preset))
    answer |= _measured(open_stack(place, job=job), pattern, job)
    if parsed.isotropy:
        from core.measure.isotropy import isotropy_errors

        answer["isotropy"] = isotropy_errors(source, job).model_dump()
    files = [str(path) for path in written.files]
    return answer | {"output": str(output), "files": files, "warnings": [*pattern.notes, *written.notes]}


@cache
def _options() -> type[Params]:
    """One class with the parameters of all kinds; limits are left to the kinds themselves."""
    uses: dict[str, list[str]] = {}
    first: dict[str, Any] = {}
    for kind, params in KINDS.items():
        for name, field in params.model_fields.items():
            if name != "kind":
                uses.setdefault(name, []).append(kind)
                first.setdefault(name, field)
    fields: dict[str, Any] = {}
    for name, field in first.items():
        text = f"{', '.join(uses[name])}: {field.description}"
        required = field.is_required()
        annotation = field.annotation | None if required else field.annotation
        default = None if required else field.default
        fields[name] = (
            annotation,
            param(default, label=field.title or name, description=text, unit=hint(field, "unit", "")),
        )
    return create_model("StructureOptions", __base__=Params, **fields)


def _structure(parsed: argparse.Namespace) -> Params:
    """The parameters stated by file and options.

    Raises
    ------
    ParameterError
        With every fault.
    """
    table: dict[str, Any] = {} if parsed.structure is None else dict(structure_table(parsed.structure))
    kind = parsed.kind or table.get("kind", "leveled-wave")
    if table.get("kind", kind) != kind or kind not in KINDS:
        raise ParameterError("the kind of structure is not clear", expected=", ".join(KINDS), got=kind)
    given = read_options(parsed, _options(), owner="structure")
    for name, value in given.model_dump(include=given.model_fields_set).items():
        field = KINDS[kind].model_fields.get(name)
        several = field is None or typing.get_origin(without_none_type(field.annotation)) is tuple
        single = isinstance(value, tuple) and len(value) == 1 and not several
        table[name] = value[0] if single else value
    return KINDS[kind].parse({**table, "kind": kind}, owner=kind)


def _measured(volume: Volume, pattern: Pattern, job: Job) -> dict[str, Any]:
    """Fractions and ligament sizes of the stack that was written, and of each level by itself."""
    from core.measure.lineal_path import lineal_path
    from core.simulate.structures.leveled_wave import WavePattern

    shape = volume.info.shape
    counts = np.zeros(len(pattern.labels), dtype=np.int64)
    scale = 255 if len(pattern.labels) == 2 else 1

    def slabs() -> Iterator[Array]:
        for start, stop in _slabs(shape, job, "Measuring"):
            labels = volume.read(slice(start, stop)) // np.uint8(scale)
            counts[:] += np.bincount(labels.ravel(), minlength=len(counts))
            yield labels > 0

    path = lineal_path(slabs(), shape)
    shares = (counts / counts.sum()).tolist()
    answer = {
        "solid_fraction": 1 - shares[0],
        "fractions": dict(zip(pattern.labels, shares, strict=True)),
        **_sizes(path, pattern.voxel_nm),
    }
    if isinstance(pattern, WavePattern):
        answer["levels"] = _levels(pattern, job) if len(pattern.levels) > 1 else [_level(pattern, 0, path)]
        if len(pattern.levels) > 1:
            answer["combined_ligament_nm"] = answer["ligament_nm"]
            answer["ligament_nm"] = [level["ligament_nm"] for level in answer["levels"]]
    return answer


def _levels(pattern: Any, job: Job) -> list[dict[str, Any]]:
    from core.measure.lineal_path import lineal_path

    _, height, width = pattern.shape
    found = []
    for index in range(len(pattern.levels)):
        slabs = (
            pattern.level(index, part, (0, height), (0, width)) > 0
            for part in _slabs(pattern.shape, job, f"Measuring level {index + 1}")
        )
        found.append(_level(pattern, index, lineal_path(slabs, pattern.shape)))
    return found


def _level(pattern: Any, index: int, path: LinealPath) -> dict[str, Any]:
    level = pattern.levels[index]
    return {
        "asked_ligament_nm": level.ligament_nm,
        "asked_solid_fraction": level.solid_fraction,
        "wavelength_nm": level.wavelength_nm,
        "solid_fraction": float(path.functions()[0][0]),
        **_sizes(path, pattern.voxel_nm),
    }


def _sizes(path: LinealPath, voxel_nm: float) -> dict[str, Any]:
    from core.measure.lineal_path import ligament_size

    if not path.solid[0][0]:
        return {"ligament_nm": None, "ligament_nm_zyx": None}
    sizes = ligament_size(path, (voxel_nm,) * 3)
    return {"ligament_nm": sum(sizes) / 3, "ligament_nm_zyx": list(sizes)}


def _slabs(shape: Shape, job: Job, message: str) -> Iterator[tuple[int, int]]:
    depth = max(1, min(128, _SLAB_VOXELS // (shape[1] * shape[2])))
    starts = range(0, shape[0], depth)
    for start in job.track(starts, len(starts), message):
        yield start, min(start + depth, shape[0])

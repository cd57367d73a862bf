"""``trueslice thickness``: measure or read how thick every slice is, and compare sources of that."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from core.commands.inputs import (
    add_inputs,
    add_limits,
    read_inputs,
    read_limits,
    refuse_overwriting_input,
)
from core.io import open_stack
from core.job import Job
from core.options import add_options, read_options
from core.project import InputSpec
from core.recipe import Recipe, RecipeStep
from core.step import Room
from core.steps.thickness import THICKNESS, ThicknessEstimate, ThicknessParams
from core.thickness.table_columns import TableOptions
from core.thickness.table_text import NM_PER
from core.volume import Volume

TABLES: Final = (".csv", ".tsv", ".txt")
_LONG: Final = 4


def add(subparsers: Any) -> None:
    """Add the sub-command."""
    from core.commands import new_parser

    parser = new_parser(subparsers, THICKNESS.name, THICKNESS.summary)
    add_inputs(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUTPUT",
        help=(
            "a table (.csv: slice,z_nm,thickness_nm,sigma_nm,flagged), or the volume with the positions of "
            "its slices (.tif .ome.zarr ...; of several channels, each gets its name appended)"
        ),
    )
    add_options(parser, ThicknessParams, title="parameters")
    _add_files(parser)
    add_limits(parser)
    parser.set_defaults(function=_thickness)


def _add_files(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("files of other sources")
    group.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="FILE",
        help="take the positions from this table, or from a log or project of Auto Slice & View",
    )
    group.add_argument("--column", default="", help="head of the column to read, where several would do")
    group.add_argument(
        "--quantity",
        default="",
        choices=("z", "thickness"),
        help="what it holds, where its head does not say",
    )
    group.add_argument(
        "--unit", default="", choices=tuple(NM_PER), help="its unit, where its head does not say"
    )
    group.add_argument(
        "--lies",
        default="after",
        choices=("after", "before"),
        help="of as many thicknesses as slices: whether each lies below its slice (default) or above",
    )
    group.add_argument(
        "--compare", type=Path, nargs="+", default=[], metavar="FILE", help="put these sources beside it"
    )
    group.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw thickness, depth and histogram (.svg .png .pdf)"
    )


def _thickness(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    from core.thickness.compare import require_format

    params = read_options(parsed, ThicknessParams, owner=THICKNESS.name)
    specs = read_inputs(parsed)
    inputs = [path for spec in specs.values() for path in spec.paths]
    inputs += [*parsed.compare, *([] if parsed.source is None else [parsed.source])]
    for target in (parsed.output, parsed.plot):
        refuse_overwriting_input(target, inputs, replaces=True)
    if parsed.plot is not None:
        require_format(parsed.plot)
    _require_preset(parsed.output)
    volumes = {name: _opened(name, spec, job) for name, spec in specs.items()}
    others = _others(parsed, volumes)  # before measuring, which takes long
    found = _found(parsed, params, volumes, job)
    sources = {found.method if parsed.source is None else parsed.source.name: found, **others}
    answer = _answer(found, volumes, whole=parsed.json)
    if others:
        from core.thickness.compare import compared

        answer["comparison"] = compared(sources)
        if not parsed.json:
            answer["comparison"]["pairs"] = {
                f"{pair.pop('first')} and {pair.pop('second')}": pair
                for pair in answer["comparison"]["pairs"]
            }
    files = _written(parsed, RecipeStep(THICKNESS, params, found), specs, volumes, answer, job)
    if parsed.plot is not None:
        from core.thickness.compare import picture_of, write_picture

        write_picture(parsed.plot, picture_of(sources))
        files.append(parsed.plot)
    answer["files"] = [str(path) for path in files]
    return answer


def _require_preset(output: Path | None) -> None:
    """Refuse an ending nobody knows before anything is done."""
    if output is not None and output.suffix.lower() not in TABLES:
        from core.io import writers

        writers.preset_for(output)


def _opened(name: str, spec: InputSpec, job: Job) -> Volume:
    volume = open_stack(spec.paths, spec.options, job)
    info = volume.info.with_(channel=name or volume.info.channel)
    return Volume(info, volume.source, volume.metadata, volume.notes)


def _found(
    parsed: argparse.Namespace, params: ThicknessParams, volumes: Mapping[str, Volume], job: Job
) -> ThicknessEstimate:
    from core.execute.calls import surveyed_jointly
    from core.steps.thickness import require_same_slices
    from core.thickness.table import read_thickness

    first = next(iter(volumes.values()))
    if parsed.source is None:
        room = Room(parsed.workers, parsed.memory_mb)
        found = surveyed_jointly(RecipeStep(THICKNESS, params), volumes, job, room)[next(iter(volumes))]
        if not isinstance(found, ThicknessEstimate):
            raise TypeError("the thickness step has found something else")
        return found
    require_same_slices(volumes)
    return read_thickness(parsed.source, first.info, _table_options(parsed))


def _table_options(parsed: argparse.Namespace) -> TableOptions:
    return TableOptions(parsed.column, parsed.quantity, parsed.unit, parsed.lies)


def _answer(found: ThicknessEstimate, volumes: Mapping[str, Volume], *, whole: bool) -> dict[str, Any]:
    from core.thickness.compare import numbers_of

    info = next(iter(volumes.values())).info
    told = found.model_dump(mode="json", exclude={"notes"})
    if not whole:  # hundreds of numbers are for programs and files
        told = {name: value for name, value in told.items() if _is_short(value)}
    notes = [note for volume in volumes.values() for note in volume.notes]
    return {
        "shape_zyx": list(info.shape),
        "voxel_nm_zyx": list(info.voxel_nm),
        **told,
        "statistics": numbers_of(found),
        "warnings": list(dict.fromkeys([*notes, *found.remarks()])),
    }


def _is_short(value: Any) -> bool:
    nested = isinstance(value, list) and any(isinstance(item, dict) for item in value)
    return value not in (None, "", []) and not nested and not (isinstance(value, list) and len(value) > _LONG)


def _others(parsed: argparse.Namespace, volumes: Mapping[str, Volume]) -> dict[str, ThicknessEstimate]:
    """The sources to compare with, by name; files of the same name are told apart by numbers."""
    from core.thickness.table import read_thickness

    info = next(iter(volumes.values())).info
    taken = set() if parsed.source is None else {parsed.source.name}
    others: dict[str, ThicknessEstimate] = {}
    for number, path in enumerate(parsed.compare, 2):
        name = path.name if path.name not in {*taken, *others} else f"{path.name} ({number})"
        others[name] = read_thickness(path, info, _table_options(parsed))
    return others


def _written(
    parsed: argparse.Namespace,
    entry: RecipeStep,
    specs: Mapping[str, InputSpec],
    volumes: Mapping[str, Volume],
    answer: dict[str, Any],
    job: Job,
) -> list[Path]:
    """The table, or the channels with their slices where they belong."""
    if parsed.output is None:
        return []
    answer["output"] = str(parsed.output)
    if parsed.output.suffix.lower() not in TABLES:
        return _write_volumes(parsed, entry, specs, answer, job)
    from core.thickness.table import write_table

    if not isinstance(entry.estimate, ThicknessEstimate):
        raise TypeError("there is no thickness to write")
    write_table(parsed.output, entry.estimate, next(iter(volumes.values())).info)
    return [parsed.output]


def _write_volumes(
    parsed: argparse.Namespace,
    entry: RecipeStep,
    specs: Mapping[str, InputSpec],
    answer: dict[str, Any],
    job: Job,
) -> list[Path]:
    from core.commands.steps import output_of, workshop
    from core.execute import run
    from core.io import writers
    from core.project import Project

    output: Path = parsed.output
    files: list[Path] = []
    with workshop(output) as folder:
        project = Project.create(folder, specs, job=job)
        project.save_recipe(Recipe((entry,)))
        reports = run(project, job=job, limits=read_limits(parsed))
        for channel, report in reports.items():
            target = output_of(output, channel, len(reports))
            written = writers.write(report.volume, target, writers.preset_for(target), job, overwrite=True)
            files += written.files
            answer["warnings"] += [note for note in written.notes if note not in answer["warnings"]]
    return files

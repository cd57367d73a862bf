"""``trueslice measure``: numbers, and on request a report, of a segmented stack."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.commands.inputs import add_inputs, add_room, read_inputs, refuse_overwriting_input
from core.errors import ParameterError
from core.execute.calls import surveyed
from core.files import sha256
from core.io import input_files, open_stack
from core.job import Job
from core.measure.results import PhaseResult
from core.options import add_options, read_options
from core.project import InputSpec
from core.recipe import Recipe, RecipeStep
from core.step import Room
from core.steps.measure import MEASURE, MeasureEstimate, MeasureParams


def add(subparsers: Any) -> None:
    """Add the sub-command."""
    from core.commands import new_parser

    parser = new_parser(subparsers, MEASURE.name, MEASURE.summary)
    add_inputs(parser)
    add_options(parser, MeasureParams, title="parameters")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FOLDER",
        help="write a report there: HTML, PDF, CSV, JSON and figures; an older report is replaced",
    )
    add_room(parser)
    parser.set_defaults(function=_measure)


def _measure(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    params = read_options(parsed, MeasureParams, owner=MEASURE.name)
    specs = read_inputs(parsed)
    if len(specs) != 1:
        raise ParameterError("measure takes one channel", got=", ".join(specs), remedy="use `run`")
    [spec] = specs.values()
    refuse_overwriting_input(parsed.report, spec.paths, replaces=True)
    if parsed.report is not None:
        from core.reports.measures import refuse_report_folder

        refuse_report_folder(parsed.report, overwrite=True)
    volume = open_stack(spec.paths, spec.options, job)
    entry = RecipeStep(MEASURE, params)
    found = surveyed(entry, volume, job, Room(parsed.workers, parsed.memory_mb))
    if not isinstance(found, MeasureEstimate):
        raise TypeError("the measure step has found something else")
    answer = {
        "shape_zyx": list(volume.info.shape),
        "dtype": str(volume.info.dtype),
        "voxel_nm_zyx": list(volume.info.voxel_nm),
        **_told(found, whole=parsed.json),
        "warnings": [*volume.notes, *found.remarks()],
    }
    if parsed.report is not None:
        answer["files"] = [str(path) for path in _report(parsed.report, spec, entry, found, job)]
        answer["output"] = str(parsed.report)
    return answer


def _told(found: MeasureEstimate, *, whole: bool) -> dict[str, Any]:
    """Everything for programs; for people the headline, and a few numbers of each phase."""
    if whole or found.measured is None:
        return found.model_dump(mode="json")
    return found.brief() | {"phases": {phase.name: _headline(phase) for phase in found.measured.phases}}


def _headline(phase: PhaseResult) -> dict[str, Any]:
    numbers: dict[str, Any] = {"fraction": phase.fraction, "fraction_sd_of_slices": phase.fraction_sd}
    if phase.surface is not None:
        numbers["euler_number"] = phase.surface.euler_number
    if phase.components is not None:
        numbers["components"] = phase.components.count
        numbers["largest_fraction"] = phase.components.largest_fraction
        numbers["percolates_zyx"] = list(phase.components.percolates)
    if phase.ligament_nm is not None:
        numbers["lineal_path_size_nm"] = phase.ligament_nm.model_dump()
    if phase.thickness is not None:
        numbers["local_thickness_nm"] = phase.thickness.mean_nm
    for axis in "zyx" if phase.transport is not None else "":
        numbers[f"transport_{axis}"] = getattr(phase.transport, axis).model_dump(exclude_none=True)
    return numbers


def _report(folder: Path, spec: InputSpec, entry: RecipeStep, found: MeasureEstimate, job: Job) -> list[Path]:
    from core.reports.measures import write_measures_report
    from core.reports.sources import InputFile, ReportInput

    if found.measured is None:
        raise TypeError("the measure step has measured nothing")
    files = input_files(spec.paths, spec.options, job)
    inputs = [InputFile(path.name, sha256(path, job)) for path in job.track(files, len(files), "Checksums")]
    report = ReportInput(
        title=spec.paths[0].name,
        measured=found.measured,
        params=entry.params.model_dump(mode="json"),
        recipe=Recipe((entry,)).dumps(),
        inputs=inputs,
    )
    return write_measures_report([report], folder, job, overwrite=True)

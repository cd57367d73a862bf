"""``trueslice compare-rebuild``: the data sets of article II, Table 1, and how good each of them is."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.commands.inputs import read_inputs, refuse_overwriting_input
from core.errors import MissingMetadataError, ParameterError, VoxelError
from core.job import Job
from core.options import add_options, read_options
from core.params import Params, param
from core.volume import Array, Volume, VolumeInfo

if TYPE_CHECKING:
    from core.rebuild.compare import Score
    from core.rebuild.datasets import Name, Rebuilt

_CUBE = 1e-3


class CompareRebuildParams(Params):
    """How slices are drawn through a true volume, and what is measured."""

    draws: int = param(
        10, ge=1, le=10_000, label="Draws", description="How often thicknesses are drawn through the truth."
    )
    mean_nm: float = param(
        10.16, gt=0, le=1e6, label="Mean", unit="nm", description="Mean thickness that is drawn."
    )
    sd_nm: float = param(
        3.12,
        gt=0,
        le=1e6,
        label="Standard deviation",
        unit="nm",
        description="Of the thicknesses that are drawn from a gamma distribution.",
    )
    nominal_nm: float = param(
        10.0,
        gt=0,
        le=1e6,
        label="Nominal thickness",
        unit="nm",
        description="What slices were meant to have: DNN takes it for true, SRCS for its grid.",
    )
    seed: int = param(1, ge=0, label="Seed", description="The same seed draws the same thicknesses.")
    isotropy: bool = param(True, label="Isotropy", description="Whether the isotropy errors are measured.")
    model: str = param(
        "",
        max_length=4096,
        label="Model",
        description="A network that fills gaps and is compared too (RML): its name or folder; empty = none.",
    )


def add(subparsers: Any) -> None:
    """Add the sub-command."""
    from core.commands import new_parser
    from core.io import ReadOptions

    parser = new_parser(
        subparsers,
        "compare-rebuild",
        "Rebuild slices through a true binary volume in five ways (DNN, SRCS, RNN, RCS of article II, and "
        "RSD, shape-based), or in six with a network (RML), and compare each with the truth; or rebuild a "
        "real stack and measure isotropy.",
    )
    parser.add_argument(
        "truth", nargs="?", type=Path, metavar="TRUTH", help="a binary volume of cubic voxels"
    )
    parser.add_argument(
        "--stack", type=Path, metavar="STACK", help="without a truth: a segmented stack of uneven slices"
    )
    parser.add_argument(
        "--thickness",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE.csv",
        help="where the slices lie: of the stack, or, in place of drawing, through the truth",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help="write the table of all draws there, and the data sets of the first one",
    )
    add_options(parser, CompareRebuildParams, title="parameters")
    add_options(parser, ReadOptions, title="reading")
    parser.set_defaults(function=_compare)


@dataclass(frozen=True)
class _Case:
    """Slices and where they lie."""

    slices: Array
    z_nm: tuple[float, ...]


def _compare(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    from core.rebuild.compare import compared, isotropy_of
    from core.rebuild.datasets import data_sets
    from core.rebuild.network_choice import filling_of, shapes_model

    params = read_options(parsed, CompareRebuildParams, owner="compare-rebuild")
    path = _input(parsed)
    refuse_overwriting_input(parsed.output, [path, *parsed.thickness], replaces=True)
    volume = _opened(parsed, path, job)
    voxel_nm = _voxel_nm(volume, deep=parsed.stack is None)
    truth = volume.source if parsed.stack is None else None
    network = filling_of(shapes_model(params.model), 1, job) if params.model else None
    rows: list[dict[str, Any]] = []
    notes = list(volume.notes)
    files: list[Path] = []
    for number, case in enumerate(_cases(parsed, params, volume, voxel_nm, job)):
        deepest = None if truth is None else truth.shape[0]
        sets = data_sets(case.slices, case.z_nm, voxel_nm, params.nominal_nm, deepest, network)
        scores = compared(sets, truth, job, isotropy=params.isotropy)
        rows += _rows(number, case, sets, scores)
        if number == 0 and parsed.output is not None:
            files = _write_sets(parsed.output, sets, volume.info, voxel_nm, job)
    answer: dict[str, Any] = {
        "shape_zyx": list(volume.info.shape),
        "voxel_nm": voxel_nm,
        "cases": 1 + rows[-1]["case"],
        "planes": [row["planes"] for row in rows if row["set"] == "RNN"],
        "sets": _means(rows),
    }
    if truth is not None and params.isotropy:
        found = isotropy_of(truth, job)
        names = ("e_tpcf", "e_lpf", "e_d", "range_px")
        answer["truth"] = None if found is None else {name: getattr(found, name) for name in names}
    if parsed.json:
        answer["rows"] = rows
    if parsed.output is not None:
        answer["output"] = str(parsed.output)
        answer["files"] = [str(path) for path in (_write_table(parsed.output, rows), *files)]
    return answer | {"warnings": notes}


def _input(parsed: argparse.Namespace) -> Path:
    if (parsed.truth is None) == (parsed.stack is None):
        raise ParameterError("give either a TRUTH or --stack STACK", expected="one of the two")
    if parsed.stack is not None and len(parsed.thickness) != 1:
        raise ParameterError(
            "a stack needs one table that says where its slices lie",
            expected="--thickness FILE.csv",
            got=len(parsed.thickness),
        )
    path: Path = parsed.truth or parsed.stack
    return path


def _opened(parsed: argparse.Namespace, path: Path, job: Job) -> Volume:
    from core.io import open_stack

    one = argparse.Namespace(**{**vars(parsed), "input": [path], "channels": []})
    [spec] = read_inputs(one).values()
    return open_stack(spec.paths[0], spec.options, job)


def _voxel_nm(volume: Volume, *, deep: bool) -> float:
    """Edge of the cubic voxels; of a stack only that of the pixels counts."""
    z_nm, y_nm, x_nm = volume.info.voxel_nm
    sizes = [z_nm, y_nm, x_nm] if deep else [y_nm, x_nm]
    if x_nm is None or any(size is None or abs(size - x_nm) > _CUBE * x_nm for size in sizes):
        raise MissingMetadataError(
            "compare-rebuild needs cubic voxels of known size" if deep else "pixels must be square and known",
            expected="the same size along all axes",
            got=volume.info.voxel_nm,
            remedy="state it (--voxel-nm-zyx Z Y X), or use resample first",
        )
    return x_nm


def _cases(
    parsed: argparse.Namespace, params: CompareRebuildParams, volume: Volume, voxel_nm: float, job: Job
) -> Iterator[_Case]:
    if parsed.stack is not None:
        from core.thickness.table import read_thickness

        found = read_thickness(parsed.thickness[0], volume.info)
        yield _Case(_slices(volume, range(volume.info.shape[0]), job), found.z_nm)
        return
    depth = volume.info.shape[0]
    if parsed.thickness:
        from core.rebuild.places import places

        for path in parsed.thickness:
            z_nm = np.array(_table(path))
            planes = places(z_nm.tolist(), voxel_nm)
            inside = planes < depth
            yield _Case(_slices(volume, planes[inside].tolist(), job), tuple(z_nm[inside].tolist()))
        return
    from core.rebuild.draws import drawn_planes

    for draw in range(params.draws):
        job.progress(draw, params.draws, "Drawing thicknesses")
        rng = np.random.default_rng((params.seed, draw))
        planes = drawn_planes(depth, voxel_nm, mean_nm=params.mean_nm, sd_nm=params.sd_nm, rng=rng)
        yield _Case(_slices(volume, planes.tolist(), job), tuple((planes * voxel_nm).tolist()))


def _table(path: Path) -> tuple[float, ...]:
    """Positions from a table, however many slices it has."""
    from core.thickness.table import estimate_from_columns, read_text
    from core.thickness.table_text import columns_of

    columns = columns_of(read_text(path))
    count = len(columns[0].cells)
    return estimate_from_columns(columns, VolumeInfo((count, 1, 1), np.dtype(np.uint8))).z_nm


def _slices(volume: Volume, indices: Any, job: Job) -> Array:
    """The slices as 0 and 255; refuses anything but two phases."""
    from core.rebuild.gaps import solid_value

    out = np.empty((len(indices), *volume.info.shape[1:]), dtype=np.uint8)
    for place, index in enumerate(job.track(indices, len(indices), "Reading slices")):
        plane = volume.slice(index)
        if plane.any() and solid_value([plane]) is None:
            raise VoxelError(
                f"slice {index} is not of two phases",
                expected="two values, pore 0",
                remedy="segment the stack first",
            )
        out[place] = (plane > 0) * np.uint8(255)
    return out


def _rows(
    number: int, case: _Case, sets: Mapping[Name, Rebuilt], scores: Mapping[Name, Score]
) -> list[dict[str, Any]]:
    return [
        {"case": number, "set": name, "slices": len(case.z_nm), "planes": sets[name].depth, **score.row()}
        for name, score in scores.items()
    ]


def _means(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Mean and standard deviation over the cases, by data set."""
    table: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(row["set"] for row in rows):
        own = [row for row in rows if row["set"] == name]
        for key in list(own[0])[4:]:
            values = [row[key] for row in own if row[key] is not None]
            if values:
                mean_sd = {"mean": float(np.mean(values)), "sd": float(np.std(values))}
                table.setdefault(name, {})[key] = mean_sd
    return table


def _write_sets(
    folder: Path, sets: Mapping[Name, Rebuilt], info: VolumeInfo, voxel_nm: float, job: Job
) -> list[Path]:
    from core.files import make_folder
    from core.io import writers

    make_folder(folder)
    files: list[Path] = []
    for name, source in sets.items():
        described = VolumeInfo(source.shape, source.dtype, (voxel_nm,) * 3, channel=info.channel)
        origin = tuple(np.where(source.measured, 1, 2).tolist())
        target = folder / f"{name}.tif"
        volume = Volume(described.with_(content="binary", origin=origin), source)
        preset = writers.preset_for(target)
        files += writers.write(volume, target, preset, job, overwrite=True, message=f"Writing {name}").files
    return files


def _write_table(folder: Path, rows: list[dict[str, Any]]) -> Path:
    from core.files import make_folder, write_text

    make_folder(folder)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow(["" if value is None else value for value in row.values()])
    target = folder / "compare-rebuild.csv"
    write_text(target, text.getvalue())
    return target

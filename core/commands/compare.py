"""``trueslice compare``: a result beside the truth, or two results beside each other."""

from __future__ import annotations

import argparse
import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands.inputs import read_inputs, refuse_overwriting_input
from core.errors import ParameterError, WriteError
from core.job import Job
from core.options import add_options, read_options
from core.volume import Volume

if TYPE_CHECKING:
    from core.measure.compared import Compared, LabelsCompared, Scores

KEYS = ("mp", "mgp", "mds", "precision", "recall", "iou", "tp", "fp", "fn", "tn")


def add(subparsers: Any) -> None:
    """Add the sub-command."""
    from core.commands import new_parser
    from core.io import ReadOptions
    from core.measure.compare_params import CompareParams

    parser = new_parser(subparsers, "compare", "Compare a segmentation, or grey images, with the truth.")
    for name in ("prediction", "truth"):
        parser.add_argument(
            name, type=Path, metavar=name.upper(), help="a file, a folder of slices, or a project"
        )
    parser.add_argument(
        "--regions",
        type=Path,
        metavar="FILE",
        help="labels of the same shape: one row of numbers for each value, 0 too",
    )
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="write the numbers of every slice as a table"
    )
    parser.add_argument(
        "--overlay",
        type=Path,
        metavar="FILE",
        help="write colours as a TIFF stack (.tif) or a folder of slices: "
        "true positives pale blue, false positives aqua, false negatives yellow, true negatives brown",
    )
    add_options(parser, CompareParams, title="what is compared")
    add_options(parser, ReadOptions, title="reading (both volumes)")
    parser.set_defaults(function=_compare)


def _compare(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    from core.io.writers.colour import write_colour
    from core.measure.compare_params import CompareParams
    from core.measure.comparison import compare

    params = read_options(parsed, CompareParams, owner="compare")
    inputs = [path for path in (parsed.prediction, parsed.truth, parsed.regions) if path is not None]
    for output in (parsed.csv, parsed.overlay):
        refuse_overwriting_input(output, inputs, replaces=True)
    _refuse_table(parsed.csv)
    if parsed.overlay is not None and (params.labels or not params.counts):
        raise ParameterError("the overlay shows two phases, solid and pore", remedy="leave --overlay out")
    prediction, truth = _opened(parsed, parsed.prediction, job), _opened(parsed, parsed.truth, job)
    regions = None if parsed.regions is None else _opened(parsed, parsed.regions, job)
    comparison = compare(prediction, truth, params, job, regions=regions)
    answer = answer_of(comparison.result)
    answer["warnings"] = [*_reading_notes(prediction, truth), *comparison.result.notes]
    files: list[Path] = []
    if parsed.csv is not None:
        _write_table(comparison.result, parsed.csv)
        files.append(parsed.csv)
    if parsed.overlay is not None:
        planes = comparison.overlay_planes(job)
        written = write_colour(planes, comparison.overlay_info, parsed.overlay, overwrite=True)
        files += written.files
        answer["warnings"] += written.notes
        answer["legend"] = _legend(agreement=params.agreement)
    answer["files"] = [str(path) for path in files]
    return answer


def _opened(parsed: argparse.Namespace, path: Path, job: Job) -> Volume:
    from core.io import open_stack

    # As every other command reads its one input: a project stands for its last result.
    one = argparse.Namespace(**{**vars(parsed), "input": [path], "channels": []})
    [spec] = read_inputs(one).values()
    return open_stack(spec.paths[0], spec.options, job)


def _reading_notes(prediction: Volume, truth: Volume) -> list[str]:
    """What was said at reading, once where it is true of both."""
    both = [note for note in prediction.notes if note in truth.notes]
    alone = [
        f"{name}: {note}"
        for name, volume in (("prediction", prediction), ("truth", truth))
        for note in volume.notes
        if note not in both
    ]
    return [*(f"prediction and truth: {note}" for note in both), *alone]


def answer_of(result: Compared) -> dict[str, Any]:
    """What the command answers.

    The keys of two phases stand at the top and are None where they mean nothing: of several phases (where
    MP, MDS and the means of precision, recall and IoU over the labels remain), of grey images, and of an
    agreement what would change if the two were swapped.
    """
    answer: dict[str, Any] = dict.fromkeys(KEYS)
    if result.scores is not None:
        answer |= _agreed(result.scores) if result.agreement else result.scores.model_dump()
    if result.labels is not None:
        answer |= _labels(result.labels, agreement=result.agreement)
    if result.grey is not None:
        answer |= result.grey.model_dump()
    if result.roc is not None:
        answer["roc"] = result.roc.model_dump(mode="json")
    answer |= {
        "shape_zyx": list(result.shape_zyx),
        "region_zyx": None if result.region_zyx is None else list(result.region_zyx),
        "slices": result.slices,
        "slices_used": result.slices_used,
        "slices_left_out": list(result.slices_left_out),
        "solid": result.solid,
        "regions": {name: _row(scores, result) for name, scores in result.regions.items()},
        "per_slice": _table(result),
    }
    return answer


def _row(scores: Scores | LabelsCompared, result: Compared) -> dict[str, Any]:
    from core.measure.compared import LabelsCompared

    if isinstance(scores, LabelsCompared):
        return _labels(scores, agreement=result.agreement)
    return _agreed(scores) if result.agreement else scores.model_dump()


def _agreed(scores: Scores) -> dict[str, Any]:
    from core.measure.compared import SYMMETRIC

    answer = {name: getattr(scores, name) for name in SYMMETRIC}
    counts = {"both_solid": "tp", "only_first_solid": "fp", "only_second_solid": "fn", "both_pore": "tn"}
    return answer | {name: getattr(scores, key) for name, key in counts.items()}


def _labels(found: LabelsCompared, *, agreement: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {"mp": found.mp, "mds": found.mds, "iou": found.iou}
    directed = {"precision", "recall"}
    if not agreement:
        answer |= {name: getattr(found, name) for name in sorted(directed)}
    answer["labels"] = {
        f"{one.label:g}": one.model_dump(exclude={"label", *(directed if agreement else ())})
        for one in found.labels
    }
    answer["confusion"] = [list(row) for row in found.confusion]
    return answer


def _table(result: Compared) -> dict[str, list[Any]]:
    from core.measure.compared import per_slice_table

    return per_slice_table(result)


def _refuse_table(target: Path | None) -> None:
    """Refuse before comparing what could not be written afterwards."""
    if target is not None and (target.is_dir() or not target.absolute().parent.is_dir()):
        raise WriteError(f"cannot write {target}: {'a folder' if target.is_dir() else 'no such folder'}")


def _write_table(result: Compared, target: Path) -> None:
    from core.files import write_text

    columns = _table(result)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow(["" if value is None else value for value in row])
    write_text(target, text.getvalue())


def _legend(*, agreement: bool) -> dict[str, str]:
    from core.measure.overlay import AGREEMENT_MEANINGS, LEGEND

    return {
        entry.name: AGREEMENT_MEANINGS[key] if agreement else entry.meaning for key, entry in LEGEND.items()
    }

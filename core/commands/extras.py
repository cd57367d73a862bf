"""Files that some steps take and give on the command line beside their parameters."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ParameterError
from core.execute import ChannelReport
from core.io.writers.names import plain_name
from core.project import Project
from core.recipe import RecipeStep, default_step
from core.steps.register import REGISTER, RegisterEstimate

Reports = Mapping[str, ChannelReport]


@dataclass(frozen=True)
class Extra:
    """Options of one step beyond its parameters.

    Attributes
    ----------
    add : callable
        Adds the options to a parser.
    entries : callable
        ``(parsed, params, project)`` -> the entries of the recipe that is run.
    after : callable
        ``(parsed, params, reports)``: writes what was asked for beside the volume.
    """

    add: Callable[[argparse.ArgumentParser], None]
    entries: Callable[[argparse.Namespace, Any, Project], tuple[RecipeStep, ...]]
    after: Callable[[argparse.Namespace, Any, Reports], None]


def _add_transforms(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("files")
    group.add_argument(
        "--transforms",
        type=Path,
        metavar="FILE.json",
        help="move the slices as this file says (of another channel, say) instead of looking for it",
    )
    group.add_argument(
        "--save-transforms",
        type=Path,
        metavar="FILE.json",
        help="write what was found: per slice a 3 x 3 matrix in px, moving to fixed",
    )


def _with_transforms(parsed: argparse.Namespace, params: Any, _project: Project) -> tuple[RecipeStep, ...]:
    if parsed.transforms is None:
        return (RecipeStep(REGISTER, params),)
    from core.align.files import load_transforms

    return (RecipeStep(REGISTER, params, load_transforms(parsed.transforms)),)


def _save_transforms(parsed: argparse.Namespace, params: Any, reports: Reports) -> None:
    if parsed.save_transforms is None:
        return
    from core.align.files import save_transforms

    target: Path = parsed.save_transforms
    for channel, report in reports.items():
        [estimate] = report.estimates.values()
        if not isinstance(estimate, RegisterEstimate):
            raise TypeError("register has found something else")
        name = target if len(reports) == 1 else target.with_stem(f"{target.stem}_{plain_name(channel)}")
        save_transforms(name, estimate, params.trend)


def _add_thickness(parser: argparse.ArgumentParser) -> None:
    parser.add_argument_group("files").add_argument(
        "--thickness",
        type=Path,
        metavar="FILE.csv",
        help="take the positions of the slices from this table, for example one that `thickness` wrote",
    )


def _with_thickness(parsed: argparse.Namespace, params: Any, project: Project) -> tuple[RecipeStep, ...]:
    from core.steps.reposition import REPOSITION

    own = RecipeStep(REPOSITION, params)
    if parsed.thickness is None:
        return (own,)
    from core.thickness.table import read_thickness

    infos = [project.input(channel).info for channel in project.specs]
    if len({(info.shape[0], info.slice_numbers) for info in infos}) > 1:
        raise ParameterError(
            "the channels are not of the same slices, so one table cannot fit them all",
            expected="the same slice numbers in each channel",
            got=", ".join(f"{info.channel}: {info.shape[0]}" for info in infos),
        )
    found = read_thickness(parsed.thickness, infos[0])
    given = default_step("thickness")
    return (RecipeStep(given.step, given.params, found), own)


def _nothing(_parsed: argparse.Namespace, _params: Any, _reports: Reports) -> None:
    """Writes no file beside the volume."""


EXTRAS: Mapping[str, Extra] = {
    "register": Extra(_add_transforms, _with_transforms, _save_transforms),
    "reposition": Extra(_add_thickness, _with_thickness, _nothing),
}

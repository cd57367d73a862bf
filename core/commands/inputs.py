"""Inputs and limits as the command line states them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import ParameterError, ProjectError
from core.execute import Limits
from core.io import ReadOptions
from core.options import add_options, read_options
from core.project import MARKER, InputSpec, Project


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Add INPUT..., ``--input`` and the reading options."""
    parser.add_argument(
        "input",
        nargs="*",
        type=Path,
        metavar="INPUT",
        help="a file, a folder of slices, several slice files, or a project",
    )
    parser.add_argument(
        "--input",
        dest="channels",
        nargs="+",
        default=[],
        metavar="NAME=PATH",
        help="several channels of the same slices, for example 1kV=PATH 2kV=PATH",
    )
    add_options(parser, ReadOptions, title="reading")


def read_inputs(parsed: argparse.Namespace) -> Mapping[str, InputSpec]:
    """Channels by name.

    Raises
    ------
    ParameterError
        If none is given, both ways are used at once, or a name stands twice.
    """
    options = read_options(parsed, ReadOptions, owner="reading options")
    if bool(parsed.input) == bool(parsed.channels):
        raise ParameterError(
            "give the input either as INPUT... or with --input NAME=PATH ...", expected="one of the two"
        )
    if parsed.input:
        paths = tuple(_of_project(path) for path in parsed.input)
        return {options.channel or "": InputSpec(paths=paths, options=options)}
    specs: dict[str, InputSpec] = {}
    for text in parsed.channels:
        name, equals, path = text.partition("=")
        if not equals or not name or not path or name in specs:
            raise ParameterError("--input takes NAME=PATH with different names", got=text)
        specs[name] = InputSpec(paths=(_of_project(Path(path)),), options=options)
    return specs


def _of_project(path: Path) -> Path:
    """Stands for a project: the voxels of its last result; else the path itself."""
    if not os.path.isfile(path / MARKER):
        return path
    project = Project.open(path)
    channels = list(project.specs)
    if len(channels) != 1:
        raise ProjectError(
            f"{path} has several channels", got=", ".join(channels), remedy="name a stored result instead"
        )
    recipe = project.recipe
    keys = recipe.keys(project.root_key(channels[0]))
    for count in range(len(recipe.steps), 0, -1):
        store, step = project.store(keys[count]), recipe.steps[count - 1].step
        if store.is_done() and store.volume_path.is_dir():
            return store.volume_path
        if step.select is not None or (step.apply is not None and not step.stored):
            # The result before it would be another volume than the project shows.
            raise ProjectError(
                f"{path} ends with {step.name}, whose result is not stored",
                remedy="export the result with an export step and name that file",
            )
    raise ProjectError(
        f"{path} has no finished result",
        remedy="run its recipe first; steps that store nothing, such as crop, leave none",
    )


def refuse_overwriting_input(output: Path | None, inputs: Sequence[Path], *, replaces: bool = False) -> None:
    """Refuse an output that is an input or lies inside it, or that holds it and would be replaced.

    Raises
    ------
    ParameterError
        Naming both.
    """
    if output is None:
        return
    target = Path(os.path.realpath(output))
    for path in inputs:
        source = Path(os.path.realpath(path))
        holds = replaces and target in source.parents and os.path.exists(target)
        if target == source or source in target.parents or holds:
            raise ParameterError(
                f"{output} would overwrite or lie inside the input {path}", remedy="choose another output"
            )


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where blocks are computed and how much of the machine may be used."""
    group = add_room(parser)
    group.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="where to compute: 'threads' (default), 'local' (Dask processes here), or a Dask address",
    )
    group.add_argument("--block-slices", type=_positive, help="slices per block (default: by memory)")


def add_room(parser: argparse.ArgumentParser) -> Any:
    """Add the options that say how much of this machine may be used; returns their group."""
    group = parser.add_argument_group("machine (does not change the result)")
    group.add_argument("--workers", type=_positive, help="blocks at once (default: one per processor)")
    group.add_argument(
        "--memory-mb",
        type=_positive,
        help="memory for the work in flight, in MiB (default: most of what is free)",
    )
    return group


def read_limits(parsed: argparse.Namespace) -> Limits:
    """How much of the machine may be used."""
    return Limits(parsed.scheduler, parsed.workers, parsed.block_slices, parsed.memory_mb)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text}")
    return value

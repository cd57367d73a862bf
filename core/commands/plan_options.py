"""A plan of a virtual acquisition as the command line states it: a plan file, options, or both."""

from __future__ import annotations

import argparse
import math
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands.physics import add_physics, read_physics
from core.errors import ParameterError
from core.job import Job
from core.options import add_options, read_options
from core.params import Params
from core.simulate.image.formation import ImageFormation
from core.simulate.plan_parts import Field, Milling

if TYPE_CHECKING:
    from core.simulate.plan import Plan

_PARTS: dict[str, type[Params]] = {"field": Field, "milling": Milling, "image": ImageFormation}
_SINGLES = ("electrons_per_pixel", "seed", "beam_diameter_nm", "tilt_deg", "electrons", "merge_soft")


def add_plan(parser: argparse.ArgumentParser) -> None:
    """Add ``--recipe``, ``--structure``, ``--kv`` and the options of the parts of a plan."""
    group = parser.add_argument_group("plan")
    group.add_argument(
        "--recipe",
        type=Path,
        metavar="PLAN.toml",
        help="a plan, or a folder made with one; options given beside it win",
    )
    group.add_argument(
        "--structure",
        type=Path,
        metavar="FILE|RECIPE",
        help="a segmented stack of any format, or a .toml with the parameters of a structure",
    )
    group.add_argument("--kv", nargs="+", metavar="KV", help="accelerating voltages in kV (default: 1 2 4)")
    group.add_argument("--detector", nargs="+", metavar="NAME", help="TLD, ICD or both (default: TLD)")
    group.add_argument("--material", nargs="+", metavar="PHASE=MATERIAL", help="default: pore=epoxy solid=Au")
    group.add_argument("--electrons-per-pixel", metavar="N", help="simulated electrons per pixel (100)")
    group.add_argument("--seed", metavar="N", help="the same seed gives the same bytes (1)")
    group.add_argument("--beam-diameter-nm", metavar="NM", help="full width at half maximum (1)")
    group.add_argument("--tilt-deg", metavar="DEG", help="between beam and normal of the face (0)")
    group.add_argument(
        "--electrons", choices=("monte-carlo", "surrogate"), help="surrogate: quick approximation, no tests"
    )
    group.add_argument(
        "--merge-soft", action="store_true", default=None, help="leave out very small deflections: faster"
    )
    group.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="any other entry of a plan, for example ruler.on=true drift.walk_px=0.5",
    )
    for name, params in _PARTS.items():
        add_options(parser, params, title=name)
    add_physics(parser)


def add_machine(parser: argparse.ArgumentParser) -> None:
    """Add the options that do not change the result."""
    group = parser.add_argument_group("machine")
    group.add_argument("--threads", type=_threads, metavar="N", help="how many work at once")
    group.add_argument(
        "--device", choices=("cpu", "cuda"), default="cpu", help="where electrons are followed"
    )
    group.add_argument(
        "--estimate-only", action="store_true", help="say what it would cost, and do nothing else"
    )


def read_plan(parsed: argparse.Namespace, job: Job) -> Plan:
    """The plan that file and options state together.

    Raises
    ------
    RecipeError, ParameterError
        With every fault.
    """
    from core.simulate.plan import Plan

    base = Plan.load(parsed.recipe) if parsed.recipe else Plan()
    return Plan.parse(planned(parsed, base, job), owner=str(parsed.recipe or "options"))


def planned(parsed: argparse.Namespace, base: Plan, job: Job) -> dict[str, Any]:
    """Entries of a plan with those that the options state put over them; not checked yet."""
    from core.simulate.training_plan import put

    table = base.model_dump(mode="json")
    given = _given(parsed)
    if parsed.structure is not None:
        given["structure"] = structure_table(parsed.structure)
        if given["structure"].get("kind") == "file" and parsed.recipe is None:
            _fill(given, _field_of(given["structure"], parsed, job))
    _merge(table, given)
    for text in parsed.set:
        key, equals, value = text.partition("=")
        if not equals:
            raise ParameterError("--set takes KEY=VALUE", expected="for example ruler.on=true", got=text)
        put(table, key, toml_value(value))
    return table


def structure_table(path: Path) -> dict[str, Any]:
    """Parameters of a structure from a .toml (of its own, or part of a plan), or a file of labels.

    Raises
    ------
    ParameterError
        If the .toml cannot be read or holds no structure.
    """
    if path.suffix.lower() != ".toml":
        return {"kind": "file", "path": str(path.resolve())}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ParameterError(f"cannot read the structure {path}: {error}") from error
    table = table.get("structure", table)
    if not isinstance(table, dict) or "kind" not in table:
        raise ParameterError(
            f"{path} holds no structure", expected='kind = "leveled-wave" and its parameters, or [structure]'
        )
    return table


def _given(parsed: argparse.Namespace) -> dict[str, Any]:
    """What was stated by options, as a table like that of a plan."""
    given: dict[str, Any] = {
        name: getattr(parsed, name) for name in _SINGLES if getattr(parsed, name) is not None
    }
    if parsed.kv:
        given["voltages_kv"] = parsed.kv
    if parsed.detector:
        from core.simulate.electrons.conditions import detector_named

        given["detectors"] = [detector_named(name).model_dump() for name in parsed.detector]
    if parsed.material:
        given["materials"] = _pairs(parsed.material)
    for name, params in _PARTS.items():
        part = read_options(parsed, params, owner=name)
        given[name] = part.model_dump(mode="json", include=part.model_fields_set)
    physics = read_physics(parsed)
    given["physics"] = physics.model_dump(mode="json", include=physics.model_fields_set)
    return given


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        phase, equals, material = text.rpartition("=")
        if not equals or not phase or not material or phase in pairs:
            raise ParameterError("--material takes PHASE=MATERIAL with different phases", got=text)
        pairs[phase] = material
    return pairs


def _field_of(structure: dict[str, Any], parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    """The field that a file of labels fills: as large as the file where nothing else is said."""
    from core.io import open_stack

    info = open_stack(Path(structure["path"]), job=job).info
    z_nm, y_nm, x_nm = info.require_voxel_nm()
    voxel = min(z_nm, y_nm, x_nm)
    slice_nm = read_options(parsed, Milling, owner="milling").slice_nm
    sizes = (info.shape[0] * z_nm, info.shape[1] * y_nm, info.shape[2] * x_nm)
    pixel = read_options(parsed, Field, owner="field")
    pixel_nm = pixel.pixel_nm if "pixel_nm" in pixel.model_fields_set else voxel
    return {
        "field": {
            "voxel_nm": voxel,
            "pixel_nm": pixel_nm,
            "slices": max(1, math.ceil(sizes[0] / slice_nm - 1e-6)),
            "rows": max(1, math.floor(sizes[1] / pixel_nm + 1e-6)),
            "columns": max(1, math.floor(sizes[2] / pixel_nm + 1e-6)),
        }
    }


def _fill(table: dict[str, Any], further: dict[str, Any]) -> None:
    """Add entries that are not there."""
    for key, value in further.items():
        if isinstance(value, dict):
            _fill(table.setdefault(key, {}), value)
        else:
            table.setdefault(key, value)


def _merge(table: dict[str, Any], over: dict[str, Any]) -> None:
    """Put entries over those that are there; a structure is replaced whole."""
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(table.get(key), dict) and key != "structure":
            _merge(table[key], value)
        else:
            table[key] = value


def toml_value(text: str) -> Any:
    """A value as written in TOML; quotes may be left out."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _threads(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1024:
        raise argparse.ArgumentTypeError("1-1024")
    return number

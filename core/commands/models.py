"""``trueslice models``: the networks that are at hand, and bringing one's own."""

from __future__ import annotations

import argparse
import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from core.errors import ParameterError
from core.job import Job

if TYPE_CHECKING:
    from core.models.card import Model
    from core.models.spec import ModelSpec


def add(subparsers: Any) -> None:
    """Add the sub-commands."""
    from core.commands import new_parser

    text = "List, check, add and remove the networks that `segment --method model:NAME` and `fill` use."
    parser: argparse.ArgumentParser = subparsers.add_parser("models", help=text, description=text)
    inner = parser.add_subparsers(dest="models_command", required=True, metavar="COMMAND")
    listing = new_parser(inner, "list", "List the models: those of the program and your own.")
    listing.set_defaults(function=_list)
    check = new_parser(inner, "check", "Check a model: is it ONNX, does it do what its card says?")
    check.add_argument("model", metavar="MODEL", help="name, folder, ZIP archive or ONNX file")
    check.set_defaults(function=_check)
    adding = new_parser(inner, "add", "Check a model and copy it to your own ones.")
    adding.add_argument("path", type=Path, metavar="PATH", help="folder, ZIP archive or ONNX file")
    adding.add_argument("--replace", action="store_true", help="take the place of a model of the same name")
    _add_description(adding)
    adding.set_defaults(function=_add)
    removing = new_parser(inner, "remove", "Delete one of your own models.")
    removing.add_argument("model", metavar="NAME", help="its name")
    removing.set_defaults(function=_remove)


def _add_description(parser: argparse.ArgumentParser) -> None:
    """What a card would say."""
    from core.models.spec import Task

    group = parser.add_argument_group(
        "description", "needed for an ONNX file alone; with a folder, in place of its card"
    )
    group.add_argument("--name", help="a-z, 0-9, . _ -")
    group.add_argument("--task", choices=get_args(Task), help="what it is for (default: segment)")
    group.add_argument(
        "--channels", nargs="+", metavar="CHANNEL", help="imaging conditions in their order, e.g. 1kV 2kV 4kV"
    )
    group.add_argument("--slices", type=int, help="adjacent slices it looks at (default: 1)")
    group.add_argument("--volume", action="store_true", help="it convolves along z as well")
    group.add_argument(
        "--voxel-nm", nargs=3, type=float, metavar=("Z", "Y", "X"), help="of the training data"
    )
    group.add_argument("--stride", type=int, help="sides are multiples of it (default: measured)")
    group.add_argument("--halo-px", type=int, help="how far a pixel depends on others (default: measured)")
    group.add_argument("--halo-slices", type=int, help="the same along z (default: half of the slices)")
    group.add_argument("--trained-on", metavar="TEXT", help="on what it was trained, one sentence")
    group.add_argument("--limits", metavar="TEXT", help="what it is not for, one sentence")
    group.add_argument("--authors", nargs="+", metavar="NAME", help="who trained it")
    group.add_argument("--licence", metavar="SPDX", help="for example MIT or CC-BY-4.0")


def _list(parsed: argparse.Namespace, _job: Job) -> dict[str, Any]:
    from core.models.library import survey, user_folder

    library = survey()
    rest = {"folder": str(user_folder()), "warnings": list(library.notes)}
    if parsed.json:
        return {"models": [_told(model) for model in library.models], **rest}
    lines = {model.name: _line(model) for model in library.models}
    return {"models": lines or "none yet", **rest}


def _line(model: Model) -> str:
    """A model in one line, for people."""
    spec = model.spec
    size = " x ".join(f"{edge:g}" for edge in spec.voxel_nm)
    slices = f"{spec.slices} slices" if spec.slices > 1 else "one slice"
    origin = "" if model.bundled else f"; {model.folder}"
    return f"{spec.task}; {', '.join(spec.channels)}; {slices}; {size} nm{origin}"


def _check(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    from core.models.card import read_model
    from core.models.check import check_folder, check_model
    from core.models.library import model_named
    from core.models.package import unpacked

    place = Path(parsed.model)
    if place.suffix.lower() == ".onnx":
        name, report = place.name, check_model(place, None, job)
    elif place.exists():
        with unpacked(place) as folder:
            model = read_model(folder)
            name, report = model.name, check_folder(model, job)
    else:
        model = model_named(parsed.model)
        name, report = model.name, check_folder(model, job)
    report.require(name)
    return {"name": name, "ok": report.ok, **report.facts, "warnings": report.warnings}


def _add(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    from core.models.library import add as add_model

    spec = _stated(parsed, job)
    added = add_model(
        parsed.path, spec=spec, texts=_texts(parsed) if spec else None, replace=parsed.replace, job=job
    )
    notes = [
        *added.report.warnings,
        *(note for note in added.model.notes if note not in added.report.warnings),
    ]
    return {**_told(added.model), "warnings": notes}


def _remove(parsed: argparse.Namespace, _job: Job) -> dict[str, Any]:
    from core.models.library import remove

    return {"removed": parsed.model, "folder": str(remove(parsed.model))}


def _told(model: Model) -> dict[str, Any]:
    """One entry of the list."""
    spec = model.spec
    return {
        "name": spec.name,
        "task": spec.task,
        "channels": list(spec.channels),
        "voxel_nm": list(spec.voxel_nm),
        "file": str(model.weights),
        "slices": spec.slices,
        "volume": spec.volume,
        "version": spec.version,
        "bundled": model.bundled,
        "stride": spec.stride,
        "halo_px": spec.halo_px,
        "halo_slices": spec.halo_slices,
        "trained_on": spec.trained_on,
        "limits": spec.limits,
    }


_STATED = ("name", "task", "channels", "slices", "voxel_nm", "stride", "halo_px", "halo_slices")


def _stated(parsed: argparse.Namespace, job: Job) -> ModelSpec | None:
    """How to run the model, from options, the card and what can be measured.

    Raises
    ------
    ParameterError
        If something is missing.
    """
    from core.models.card import read_model
    from core.models.package import unpacked
    from core.models.stated import known_voxels, spec_of

    given = {key: getattr(parsed, key) for key in _STATED if getattr(parsed, key) is not None}
    given |= {key: getattr(parsed, key) for key in ("trained_on", "limits") if getattr(parsed, key)}
    given |= {"volume": True} if parsed.volume else {}
    if parsed.path.suffix.lower() != ".onnx":
        if not given:
            return None
        with unpacked(parsed.path) as folder:
            base = read_model(folder).spec.model_dump()
        if tuple(given.get("voxel_nm", base["voxel_nm"])) != base["voxel_nm"]:
            base["known"] |= known_voxels(base | given)
    else:
        missing = [key for key in ("name", "channels", "voxel_nm") if key not in given]
        if missing:
            options = ", ".join("--" + key.replace("_", "-") for key in missing)
            raise ParameterError(
                f"{parsed.path.name}: an ONNX file alone does not say how to run it",
                expected=f"{options} as well",
                remedy="for example --name mine --channels 2kV --slices 7 --voxel-nm 10 2.5 2.5",
            )
        base = _measured(parsed.path, given, job)
    return spec_of(base | given, parsed.path.name)


def _measured(path: Path, given: dict[str, Any], job: Job) -> dict[str, Any]:
    """What an ONNX file tells by being run, and the rest by default."""
    from core.models.check import check_model
    from core.models.stated import measured_base

    if "stride" in given and "halo_px" in given:
        return measured_base(given, {})
    report = check_model(path, None, job)
    report.require(path.name)
    return measured_base(given, report.facts)


def _texts(parsed: argparse.Namespace) -> Any:
    from core.models.texts import CardTexts

    given = {"authors": tuple(parsed.authors or (_user(),)), "licence": parsed.licence or ""}
    return CardTexts.parse(given, owner="card")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"

"""Cards of other programs: what a plain card of the BioImage Model Zoo says of how to run a model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from core.errors import DamagedFileError
from core.models.spec import Known, ModelSpec

_TO_NM = {
    "nanometer": 1.0,
    "micrometer": 1e3,
    "millimeter": 1e6,
    "meter": 1e9,
    "angstrom": 0.1,
    "picometer": 1e-3,
}
_SLICE = re.compile(r"^(?P<channel>.*?)\s*z(?P<offset>[+-]\d+)?$")
_HARMLESS = frozenset({"ensure_dtype", "clip"})
_REMEDY = (
    "add the ONNX file itself and say what the card does not: `trueslice models add FILE.onnx --name NAME "
    "--channels 2kV --slices 7 --voxel-nm 10 2.5 2.5`"
)


def weights_entry(card: Mapping[str, Any], file: Path) -> tuple[str, str]:
    """Name of the ONNX file within the folder, and its SHA-256 (empty if the card does not say).

    Raises
    ------
    DamagedFileError
        If there are no ONNX weights, or they lie elsewhere.
    """
    weights = card.get("weights")
    entry = weights.get("onnx") if isinstance(weights, Mapping) else None
    source = entry.get("source") if isinstance(entry, Mapping) else None
    if not isinstance(entry, Mapping) or not isinstance(source, str):
        kinds = ", ".join(map(str, weights)) if isinstance(weights, Mapping) else "none"
        raise DamagedFileError(
            f"{file} has no ONNX weights",
            expected="weights.onnx.source",
            got=kinds,
            remedy="export the network to ONNX; other formats can hold programs and are never loaded",
        )
    place = PurePosixPath(source)
    if len(place.parts) != 1 or "\\" in source or ":" in source or place.name in ("", "..", "."):
        raise DamagedFileError(f"{file}: the weights have to lie beside the card", got=source)
    return source, str(entry.get("sha256") or "")


def plain_spec(card: Mapping[str, Any], file: Path) -> tuple[ModelSpec, tuple[str, ...]]:
    """What is needed to run a model, from a card that was not written by this program.

    Returns
    -------
    spec : ModelSpec
    notes : tuple of str
        What was guessed.

    Raises
    ------
    DamagedFileError
        If something is missing that cannot be guessed.
    """
    try:
        given, result = _only(card["inputs"]), card["outputs"][0]
        axes = {_name(axis): axis for axis in given["axes"]}
        names = [str(name) for name in axes["channel"]["channel_names"]]
        channels, slices = _channels(names)
        voxel = tuple(_scale_nm(axes[name]) for name in ("z", "y", "x") if name in axes)
        pixel = (min(voxel[-2:]), max(voxel[-2:]))
        spec = ModelSpec(
            name=_slug(str(card.get("id") or card.get("name") or file.parent.name)),
            channels=channels,
            slices=int(_least(axes["z"])) if "z" in axes else slices,
            volume="z" in axes,
            voxel_nm=(voxel[0] if "z" in axes else pixel[0], voxel[-2], voxel[-1]),
            stride=max(_step(axes["y"]), _step(axes["x"])),
            halo_px=max(_halo(result, "y"), _halo(result, "x")),
            halo_slices=_halo(result, "z") if "z" in axes else slices // 2,
            known=Known(pixel_nm=pixel, slice_nm=(voxel[0], voxel[0]) if "z" in axes else None),
            trained_on=str(card.get("description") or "")[:300],
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, ValidationError) as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise DamagedFileError(
            f"{file} does not say enough to run the model",
            expected="one input with axes batch, channel (with channel_names), y and x with unit and scale",
            got=reason,
            remedy=_REMEDY,
        ) from error
    return spec, tuple(_notes(given, spec))


def _only(inputs: Any) -> Any:
    if len(inputs) != 1:
        raise ValueError(f"{len(inputs)} inputs")
    return inputs[0]


def _name(axis: Mapping[str, Any]) -> str:
    return str(axis.get("id") or axis["type"])


def _channels(names: list[str]) -> tuple[tuple[str, ...], int]:
    """Imaging conditions and slices from names like ``2kV z-1``; otherwise each name is a condition."""
    found = [_SLICE.match(name) for name in names]
    if len(names) > 1 and all(found):
        channels = tuple(dict.fromkeys(match["channel"].strip() or "image" for match in found if match))
        slices = len(names) // len(channels)
        wanted = [number - slices // 2 for number in range(slices)] * len(channels)
        if [int(match["offset"] or 0) for match in found if match] == wanted:
            return channels, slices
    return tuple(names), 1


def _scale_nm(axis: Mapping[str, Any]) -> float:
    unit = axis.get("unit")
    if unit not in _TO_NM:
        raise ValueError(f"axis {_name(axis)} has the unit {unit}")
    return float(axis.get("scale", 1.0)) * _TO_NM[unit]


def _least(axis: Mapping[str, Any]) -> int:
    size = axis["size"]
    return int(size["min"]) if isinstance(size, Mapping) else int(size)


def _step(axis: Mapping[str, Any]) -> int:
    size = axis["size"]
    if not isinstance(size, Mapping):
        raise ValueError(f"axis {_name(axis)} has the fixed size {size}; tiles need a free one")
    return int(size.get("step", 1))


def _halo(tensor: Mapping[str, Any], name: str) -> int:
    return next((int(axis.get("halo") or 0) for axis in tensor["axes"] if _name(axis) == name), 0)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:64] or "model"


def _notes(given: Mapping[str, Any], spec: ModelSpec) -> list[str]:
    notes = [f"{spec.name}: the card is of another program; what it was trained on is known in part only"]
    steps = [str(step.get("id")) for step in given.get("preprocessing") or () if isinstance(step, Mapping)]
    other = [step for step in steps if step not in _HARMLESS]
    if other:
        notes.append(
            f"{spec.name}: it was trained on grey values prepared by {', '.join(other)}; they are normalised "
            f"by the rule '{spec.normalisation}' instead, which may suit it less"
        )
    return notes

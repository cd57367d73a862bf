"""What a training set holds, told from its descriptions alone: without torch, before a voxel is read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from core.errors import ParameterError, ReadError, UnsupportedFormatError
from core.job import Job
from core.learn.params.data import DataParams
from core.learn.params.network import NetworkParams

SET = "trueslice training set"
_DESCRIPTION = "zarr.json"


@dataclass(frozen=True)
class DataFacts:
    """What there is to train with.

    Attributes
    ----------
    name : str
        Of the folder or of the first file.
    kind : {'simulated', 'labelled'}
    channels : tuple of str
        Imaging conditions that all stacks have; labelled images may be called as one likes.
    splits : mapping of str to int
        Stacks for ``train``, ``validation``, ``test``.
    slices, side_px : int
        Fewest slices of a stack, and shortest side of an image.
    voxel_nm_zyx : tuple of float or None
        Distance of the slices, and pixel size.
    structures : tuple of str
        Kinds of structures.
    solid_fraction : tuple of float or None
        Least and greatest.
    electrons : str
        How images were made, in words.
    finished : bool
        Whether the set was simulated to its end.
    """

    name: str
    kind: str
    channels: tuple[str, ...]
    splits: Mapping[str, int]
    slices: int
    side_px: int
    voxel_nm_zyx: tuple[float | None, float | None, float | None]
    structures: tuple[str, ...] = ()
    solid_fraction: tuple[float, float] | None = None
    electrons: str = ""
    finished: bool = True

    def faults(self, data: DataParams, network: NetworkParams) -> tuple[str, ...]:
        """What speaks against training this network with these data, in words; empty if nothing does."""
        found = [*self._lacking(data), *self._misfits(data, network)]
        if self.kind == "labelled" and len(network.channels) != 1:
            found.append(
                "Labelled slices are of one channel; the network looks at "
                f"{len(network.channels)}. Choose one channel."
            )
        lost = [name for name in network.channels if name not in self.channels]
        if self.kind == "simulated" and lost:
            found.append(
                f"The set has no channel {', '.join(lost)}; it has {', '.join(self.channels)}. Choose among "
                "these."
            )
        return tuple(found)

    def _lacking(self, data: DataParams) -> list[str]:
        found = []
        if not self.finished and not data.unfinished:
            found.append(
                "The set is not finished. Simulate it to its end (starting it again goes on), or tick "
                "“Unfinished sets” in all settings."
            )
        train = self.splits.get("train", 0)
        held = data.held_out if self.kind == "simulated" else 0
        if train - held < 1:
            found.append("There is no structure to train with.")
        if not self.splits.get("validation") and not held:
            found.append(
                "There is nothing to choose the best state by. "
                + (
                    "Hold some structures back (“Held out” in all settings)."
                    if self.kind == "simulated"
                    else "Name images for validation, or rows of the images."
                )
            )
        return found

    def _misfits(self, data: DataParams, network: NetworkParams) -> list[str]:
        found = []
        if None in self.voxel_nm_zyx[1:]:
            found.append("Nobody has stated the pixel size of the images. Type it in below (Voxel size).")
        if self.side_px < data.patch_px:
            found.append(
                f"Patches of {data.patch_px} px do not fit into images of {self.side_px} px. "
                "Choose smaller patches in all settings."
            )
        wanted = (data.patch_slices - 1) * data.slices_step + 1
        if network.is_volume and self.slices < wanted:
            found.append(
                f"Patches of {wanted} slices do not fit into stacks of {self.slices}. Choose fewer slices of "
                "a patch in all settings, or a network in the plane."
            )
        if not network.is_volume and self.slices == 1 and network.slices > 1:
            found.append("The images are single slices without neighbours. Choose 1 slice.")
        return found


def facts_of_set(folder: Path) -> DataFacts:
    """Describe a simulated training set.

    Raises
    ------
    ReadError
        If there is no such folder.
    UnsupportedFormatError
        If it is no training set.
    """
    if not folder.is_dir():
        raise ReadError(f"there is no folder {folder}", remedy="choose the folder of a training set (.zarr)")
    members = [_attributes(path.parent) for path in sorted(folder.glob(f"[0-9]*/{_DESCRIPTION}"))]
    members = [facts for facts in members if facts.get("complete")]
    finished = _attributes(folder).get("kind") == SET
    if not members:
        raise UnsupportedFormatError(
            f"{folder.name} is no training set",
            expected="a folder that Simulate or `trueslice simulate training-set` has made, NAME.zarr",
            remedy="make a training set in Simulate, or choose another folder",
        )
    common = [name for name in members[0]["channels"] if all(name in one["channels"] for one in members)]
    shapes = [_shape(folder, one["place"]) for one in members]
    fractions = [float(one["solid_fraction"]) for one in members if _is_number(one.get("solid_fraction"))]
    return DataFacts(
        name=folder.name,
        kind="simulated",
        channels=tuple(common),
        splits=Counter(str(one["split"]) for one in members),
        slices=min(shape[0] for shape in shapes),
        side_px=min(min(shape[1:]) for shape in shapes),
        voxel_nm_zyx=_voxel_nm(members[0]),
        structures=tuple(sorted({str(one.get("structure", {}).get("kind", "")) for one in members} - {""})),
        solid_fraction=(min(fractions), max(fractions)) if fractions else None,
        electrons=_electrons(members),
        finished=finished,
    )


def facts_of_labels(data: DataParams, job: Job) -> DataFacts:
    """Describe labelled images; only their headers are read.

    Raises
    ------
    ParameterError
        If none are named.
    TruesliceError
        If a file cannot be read.
    """
    if not data.images:
        raise ParameterError(
            "no labelled images are named", remedy="choose images and, in the same order, their labels"
        )
    shapes, voxels = [], []
    for path in (*data.images, *data.validation_images):
        shape, voxel_nm = _header(Path(path), data, job)
        shapes.append(shape)
        voxels.append(voxel_nm)
    z_nm, y_nm, x_nm = voxels[0]
    if shapes[0][0] == 1:
        z_nm = None
    validation = len(data.validation_images) or (len(data.images) if data.validation_rows else 0)
    return DataFacts(
        name=Path(data.images[0]).name,
        kind="labelled",
        channels=(),
        splits={"train": len(data.images), "validation": validation},
        slices=min(shape[0] for shape in shapes),
        side_px=min(min(shape[1:]) for shape in shapes),
        voxel_nm_zyx=(z_nm, y_nm, x_nm),
    )


def _header(path: Path, data: DataParams, job: Job) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    from core.errors import AmbiguousInputError
    from core.io import ReadOptions, open_stack

    z, y, x = (size or None for size in data.voxel_nm_zyx)
    options = ReadOptions(voxel_nm_zyx=(z, y, x))
    try:
        info = open_stack(path, options, job).info
    except AmbiguousInputError as error:  # in colour: every one of the readings has the same size
        if not error.option or not error.choices:
            raise
        info = open_stack(path, options.model_copy(update={error.option: error.choices[0]}), job).info
    return info.shape, info.voxel_nm


def _attributes(group: Path) -> dict[str, Any]:
    file = group / _DESCRIPTION
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
        found: dict[str, Any] = table.get("attributes", {})
    except (OSError, ValueError, AttributeError):  # being written, or of something else
        return {}
    return {**found, "place": group.name}


def _shape(folder: Path, member: str) -> Sequence[int]:
    file = folder / member / "faces" / _DESCRIPTION
    try:
        shape: Sequence[int] = json.loads(file.read_text(encoding="utf-8"))["shape"]
    except (OSError, ValueError, KeyError) as error:
        raise ReadError(f"cannot read {file}", remedy="simulate the set again") from error
    return shape


def _voxel_nm(facts: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    size, z_nm = facts.get("voxel_nm_zyx"), facts.get("z_nm") or [0.0]
    if not size:
        return None, None, None
    step = (z_nm[-1] - z_nm[0]) / (len(z_nm) - 1) if len(z_nm) > 1 else None
    return step, float(size[1]), float(size[2])


def _electrons(members: Sequence[Mapping[str, Any]]) -> str:
    followed = [one for one in members if one.get("electrons") != "surrogate"]
    ways = []
    if followed:
        counts = sorted({int(n) for one in followed if _is_number(n := one.get("electrons_per_pixel"))})
        many = (
            "" if not counts else f", {counts[0]}" + (f"-{counts[-1]}" if counts[1:] else "") + " per pixel"
        )
        ways.append(f"electrons followed one by one{many}")
    if len(followed) < len(members):
        ways.append("fast approximation")
    return " and ".join(ways)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)

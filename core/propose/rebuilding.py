"""How slices become cubes, what is measured of them, and for which program they are written."""

from __future__ import annotations

from dataclasses import replace

from core.errors import ParameterError
from core.models.library import model_named
from core.propose.placing import Spacing
from core.propose.proposal import Proposal, entry
from core.recipe import RecipeStep
from core.step import Stage
from core.volume import Origin, VolumeInfo

SAME = 0.01
COARSE = 1.3
"""Slices up to so many pixels apart: pixels are made as large as the distance, as little is lost."""
MOST_GROWTH = 4.0
"""Times as many voxels from which a finer distance of slices is rather a mistake than worth them."""
SHAPES, GREY = "fill-shapes", "fill-grey"


def at_rebuild(info: VolumeInfo, spacing: Spacing, content: str) -> tuple[Proposal, bool]:
    """Bring slices to an even grid and fill it; also whether the result is known to have cubic voxels."""
    y, x, z = info.voxel_nm[1], info.voxel_nm[2], spacing.mean_nm
    if info.origin is not None and Origin.GAP in info.origin:
        return _proposal(
            [_filling(content, None)], "Some planes are gaps of an earlier run: they are filled."
        ), False
    if info.shape[0] < 2:
        return _proposal([], "There is one slice only."), False
    if y is None or x is None:
        why = "The pixel size is not known, so slices stay as they are until somebody states it."
        return Proposal(Stage.REBUILD, (), why, False), False
    if z is None and not spacing.uneven:
        why = "The distance of the slices is not known, so they stay as they are until somebody states it."
        return Proposal(Stage.REBUILD, (), why, False), False
    square, words = _squared(y, x)
    pixel = min(x, y)
    if spacing.uneven:
        return _uneven(square, words, pixel, z, content)
    assert z is not None
    if abs(z / pixel - 1) <= SAME:
        if not square:
            return _proposal([], f"Slices and pixels are {z:.4g} nm: voxels are cubes already."), True
        return _proposal(square, " ".join(words)), True
    return _even(square, words, pixel, z, content)


def _proposal(steps: list[RecipeStep], why: str) -> Proposal:
    return Proposal(Stage.REBUILD, tuple(steps), why)


def _squared(y: float, x: float) -> tuple[list[RecipeStep], list[str]]:
    """What makes pixels square."""
    if abs(y / x - 1) <= 1e-3:
        return [], []
    words = f"Pixels are {y:.4g} nm along y and {x:.4g} nm along x, so they are made square."
    return [entry("resample", pixel_nm=min(x, y))], [words]


def _uneven(
    square: list[RecipeStep], words: list[str], pixel: float, z: float | None, content: str
) -> tuple[Proposal, bool]:
    mean = "" if z is None else f", {z:.4g} nm apart on average,"
    if z is not None and z < (1 - SAME) * pixel:  # more slices than planes: they would push each other away
        square, pixel = [entry("resample", pixel_nm=z)], z
        words = ["Pixels are given the mean distance of the slices, which is smaller."]
    fill = _filling(content, None if z is None else z / pixel)
    words.append(
        f"Slices{mean} are uneven: each goes to its plane on a grid of {pixel:.4g} nm, and planes between "
        f"are filled by {fill_words(fill)}."
    )
    return _proposal([*square, entry("reposition"), fill], " ".join(words)), True


def _even(
    square: list[RecipeStep], words: list[str], pixel: float, z: float, content: str
) -> tuple[Proposal, bool]:
    if z < COARSE * pixel:
        words = [f"Slices are {z:.4g} nm and pixels {pixel:.4g} nm: pixels are given the size of the slices."]
        growth = (pixel / z) ** 2
        if growth > MOST_GROWTH:
            words.append(f"That makes about {growth:.0f} times as many voxels: check both sizes.")
        found = _proposal([entry("resample", pixel_nm=z)], " ".join(words))
        return replace(found, sure=growth <= MOST_GROWTH), True
    fill = _filling(content, z / pixel)
    words.append(
        f"Slices are {z:.4g} nm apart, {z / pixel:.1f} pixels of {pixel:.4g} nm: they go to a grid of that "
        f"size, and planes between are filled by {fill_words(fill)}."
    )
    return _proposal([*square, entry("reposition"), fill], " ".join(words)), True


def _filling(content: str, ratio: float | None) -> RecipeStep:
    """By the network where slices are as far apart as those it knows; shapes else; grey values by splines."""
    if content == "binary":
        by_network = ratio is not None and _knows(SHAPES, ratio)
        return entry("fill", method=f"model:{SHAPES}" if by_network else "signed-distance")
    if content == "labels":
        return entry("fill", method="nearest")
    return entry("fill", method="cubic-spline")


def fill_words(fill: RecipeStep) -> str:
    """The method in words."""
    method = str(getattr(fill.params, "method", ""))
    words = {
        "signed-distance": "the distances from edges",
        "nearest": "the nearest measured slice",
        "cubic-spline": "splines",
    }
    return words.get(method, f"the network {method.removeprefix('model:')}")


def _knows(name: str, ratio: float) -> bool:
    """Whether a model is there and was trained on slices so many pixels apart."""
    try:
        known = model_named(name).spec.known.slice_nm
    except ParameterError:
        return False
    return known is not None and known[0] <= ratio <= known[1]


def at_measure(content: str) -> Proposal:
    """Of two phases and of labels everything that is cheap; of grey values nothing."""
    if content not in ("binary", "labels"):
        return Proposal(
            Stage.MEASURE, (), "Grey values are not measured: the stack has to be segmented first."
        )
    what = "pore and solid" if content == "binary" else "each label"
    why = f"Shares, sizes, surface and isotropy of {what} take little time; transport can be added."
    return Proposal(Stage.MEASURE, (entry("measure"),), why)


def at_export(content: str, channels: int, *, cubes: bool) -> Proposal:
    """For Fiji, which most can open."""
    name = {"binary": "solid", "labels": "labels"}.get(content, "grey")
    what = {"binary": "solid 255, pore 0", "labels": "the labels"}.get(content, "grey values")
    even = "cubic voxels" if cubes else "voxels that are no cubes, or of unknown size"
    each = f", one for each of {channels} channels" if channels > 1 else ""
    why = f"A calibrated TIFF for Fiji ({what}; {even}){each}; Dragonfly and others read it, too."
    return Proposal(Stage.EXPORT, (entry("export", preset="fiji", file_name=name),), why)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
import tifffile

from app.pairing import laid, overlaid, paired
from app.quantities import ENTROPY, PROBABILITY
from app.shelf import Shelf, Side, file_at, sides_of
from core.errors import ParameterError
from core.job import Job
from core.recipe import Recipe, RecipeStep, default_step
from core.steps import step_named
from core.steps.crop import CropParams
from core.steps.drop_slices import DropSlicesParams
from core.steps.segment import SegmentParams
from core.volume import Volume, volume_of

if TYPE_CHECKING:
    from core.project import Project

SHAPE = (6, 20, 30)
VOXELS = np.random.default_rng(1).integers(0, 256, SHAPE, np.uint8)
CROP = RecipeStep(step_named("crop"), CropParams(z_start=1, y_start=2, y_stop=18, x_start=3, x_stop=25))


def shelf(*steps: RecipeStep, **channels: Volume) -> Shelf:
    return Shelf(channels or {"": volume_of(VOXELS)}, Recipe(steps), None)


def test_input_and_results_that_are_quick_to_make_can_be_chosen() -> None:
    found = sides_of(shelf(CROP, default_step("denoise"), default_step("invert")), Job())
    assert found == (Side("", 0), Side("", 1))


def test_a_part_lies_in_the_whole_whichever_is_left() -> None:
    made = shelf(CROP)
    pinned = paired(made, Side("", 0), Side("", 1), "")
    assert (pinned.base.info.shape, pinned.offset, pinned.names) == (SHAPE, (1, 2, 3), ("Input", "1 Crop"))
    assert pinned.own
    assert list(pinned.traced) == list(range(6))
    turned = paired(made, Side("", 1), Side("", 0), "")
    assert turned.base.info.shape == (5, *SHAPE[1:]), "the part on the canvas of the whole"
    assert np.array_equal(turned.base.read()[:, 2:18, 3:25], VOXELS[1:, 2:18, 3:25])
    assert turned.other is not None
    assert np.array_equal(turned.other.read(), VOXELS[1:]), "slices that the left one lacks are left out"
    assert list(turned.traced) == [1, 2, 3, 4, 5]


def test_what_overlaps_in_part_is_cut_to_it() -> None:
    left, right = volume_of(VOXELS), volume_of(VOXELS[:, :, :20])
    base, other, offset = laid(left, right, (2, -3, 15))
    assert (base.info.shape, offset) == (SHAPE, (2, 0, 15))
    assert np.array_equal(other.read(), VOXELS[:4, 3:, :15])
    with pytest.raises(ParameterError, match="do not lie over each other"):
        laid(left, right, (6, 0, 0))


def test_slices_that_are_put_elsewhere_are_refused_in_words() -> None:
    dropped = RecipeStep(step_named("drop-slices"), DropSlicesParams(slices="2"))
    with pytest.raises(ParameterError, match="do not lie over each other") as caught:
        paired(shelf(dropped), Side("", 0), Side("", 1), "")
    assert "step 1" in str(caught.value)
    with pytest.raises(ParameterError, match="not there"):
        paired(shelf(default_step("denoise")), Side("", 0), Side("", 1), "")


class FakeProject:
    """Has the results of all steps: probabilities where a network was asked."""

    stored = np.full(SHAPE, 128, np.uint8)

    def volume(self, _channel: str, count: int, recipe: Recipe) -> Volume:
        flat, places = recipe.flattened()
        step = flat.steps[places[count - 1] if count else 0].step.name
        content = {"probability": "probability", "segment": "binary"}.get(step, "grey")
        return volume_of(self.stored, content=content)


def test_probabilities_behind_a_network_segmentation_can_be_looked_at() -> None:
    segment = RecipeStep(step_named("segment"), SegmentParams(method="model:any"))
    project = cast("Project", FakeProject())
    made = Shelf({"": volume_of(VOXELS)}, Recipe((default_step("denoise"), segment)), project)
    parts = [(side.count, side.part) for side in sides_of(made, Job())]
    assert parts == [(0, "result"), (1, "result"), (2, "result"), (2, "probability"), (2, "uncertainty")]
    pinned = paired(made, Side("", 1), Side("", 2, "probability"), "")
    assert pinned.quantity is PROBABILITY
    assert pinned.names == ("1 Denoise", "2 probability")
    assert pinned.other is not None
    assert pinned.other.info.content == "probability"
    unsure = paired(made, Side("", 1), Side("", 2, "uncertainty"), "")
    assert unsure.quantity is ENTROPY
    assert unsure.other is not None
    assert unsure.other.read().min() == 255, "128 of 255 is as unsure as can be"


def test_channels_of_one_size_are_laid_over_each_other() -> None:
    two = shelf(CROP, a=volume_of(VOXELS, channel="a"), b=volume_of(255 - VOXELS, channel="b"))
    pinned = overlaid(two, ("a", "b"), "b", 1, Job())
    assert [name for name, _ in pinned.channels] == ["b", "a"]
    assert pinned.count == 1
    assert np.array_equal(pinned.base.read(), 255 - VOXELS[1:, 2:18, 3:25])
    compared = paired(two, Side("a", 0), Side("b", 1), "a")
    assert compared.names == ("a Input", "b 1 Crop")
    assert compared.offset == (1, 2, 3)
    odd = shelf(a=volume_of(VOXELS, channel="a"), b=volume_of(VOXELS[:, 1:], channel="b"))
    with pytest.raises(ParameterError, match="channels cannot be laid"):
        overlaid(odd, ("a", "b"), "a", 0, Job())


def test_a_file_of_two_values_is_a_mask_and_lies_where_its_shape_says(tmp_path: Path) -> None:
    path = tmp_path / "truth.tif"
    tifffile.imwrite(path, (VOXELS > 100).astype(np.uint8) * 7)
    found = file_at(path, Job())
    assert found.info.content == "binary"
    assert np.array_equal(found.read(), np.where(VOXELS > 100, 255, 0))
    made = Shelf({"": volume_of(VOXELS)}, Recipe((CROP,)), None, {path: found})
    pinned = paired(made, Side("", 1), Side("", 0, file=path), "")
    assert pinned.names == ("1 Crop", "truth.tif")
    assert pinned.other is not None
    assert pinned.other.info.shape == (5, 20, 30)
    assert list(pinned.traced) == [1, 2, 3, 4, 5]
    tifffile.imwrite(path, VOXELS[:, 3:] % 4)
    labels = file_at(path, Job())
    assert labels.info.content == "labels"
    odd = Shelf({"": volume_of(VOXELS)}, Recipe((CROP,)), None, {path: labels})
    with pytest.raises(ParameterError, match="another size"):
        paired(odd, Side("", 1), Side("", 0, file=path), "")

"""What is proposed for stacks of which one thing is known to be wrong, and for those of which nothing is."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from core.errors import Cancelled
from core.job import Job
from core.metadata import Metadata
from core.propose import Proposal, proposed, recipe_of
from core.recipe import Recipe
from core.step import Stage
from core.volume import Volume, VolumeInfo
from tests.core.propose.phantoms import grey, solid, volume
from tests.core.thickness.virtual import VirtualRuler


def decide(inputs: Volume | Mapping[str, Volume]) -> dict[Stage, Proposal]:
    """The proposals, after what holds for all of them."""
    inputs = {"": inputs} if isinstance(inputs, Volume) else inputs
    found = proposed(inputs, Job())
    assert [one.stage for one in found] == list(Stage)
    assert all(step.step.stage is one.stage for one in found for step in one.steps)
    assert all(one.why.strip().endswith(".") for one in found)
    recipe = recipe_of(found)
    assert Recipe.loads(recipe.dumps()) == recipe
    for each in inputs.values():
        recipe.infos(each.info)
    return {one.stage: one for one in found}


def names(one: Proposal) -> list[str]:
    return [step.step.name for step in one.steps]


def params(one: Proposal, number: int = 0) -> dict[str, object]:
    return one.steps[number].params.model_dump()


@pytest.fixture(scope="module")
def plain() -> dict[Stage, Proposal]:
    """Of a clean stack of cubes."""
    return decide(volume(grey()))


def test_of_a_clean_stack_only_what_has_to_be_done(plain):
    assert [names(one) for one in plain.values()] == [
        [],
        [],
        [],
        [],
        ["segment"],
        [],
        ["measure"],
        ["export"],
    ]
    assert params(plain[Stage.SEGMENT])["method"] == "otsu"
    assert plain[Stage.SEGMENT].sure
    assert all(not one.asks for one in plain.values())
    assert "cubes already" in plain[Stage.REBUILD].why


# ---------------------------------------------------------------------------------- import
def test_blank_and_saturated_slices_are_left_out():
    data = grey()
    data[4], data[9] = 20, 255
    found = decide(volume(data))[Stage.IMPORT]
    assert params(found)["slices"] == "4, 9"
    assert "2 of 14 slices" in found.why


def test_many_blank_slices_are_said_and_not_left_out():
    data = grey()
    data[1::3] = 20
    found = decide(volume(data))[Stage.IMPORT]
    assert not found.steps
    assert not found.sure
    assert "5 of the 14 slices looked at are blank" in found.why


def test_a_data_bar_is_cut_off():
    data = grey()
    data[:, -14:] = 0
    data[:, -10:-4, 20:150] = np.random.default_rng(5).choice(np.array([0, 255], np.uint8), (6, 130))
    found = decide(volume(data))[Stage.IMPORT]
    assert names(found) == ["crop"]
    assert params(found)["y_stop"] == 226
    stated = replace(volume(grey()), metadata=Metadata(image_rows=220))
    assert params(decide(stated)[Stage.IMPORT])["y_stop"] == 220


def test_an_unknown_voxel_size_is_asked_for():
    found = decide(volume(grey(), voxel_nm=(None, None, None)))
    assert "pixel size" in found[Stage.IMPORT].asks
    assert "distance of the slices" in found[Stage.IMPORT].asks
    assert "distance of the slices" in found[Stage.THICKNESS].asks
    assert not found[Stage.THICKNESS].steps
    assert not found[Stage.REBUILD].steps
    assert not found[Stage.REBUILD].sure


# ---------------------------------------------------------------------------------- align
def test_drifted_slices_are_registered_and_still_ones_are_not(plain):
    drift = np.random.default_rng(2).integers(-3, 4, (14, 2))
    found = decide(volume(grey(drift_px=drift)))[Stage.ALIGN]
    assert names(found) == ["register"]
    assert params(found)["anchor"] == "structure"
    assert params(found)["trend"] == "remove"
    assert "nothing has to be moved" in plain[Stage.ALIGN].why


def test_a_steady_shift_may_be_structure_and_nothing_is_moved():
    drift = np.stack([np.arange(14), np.zeros(14, int)], axis=1)
    found = decide(volume(grey(drift_px=drift)))[Stage.ALIGN]
    assert not found.steps
    assert not found.sure
    assert "13 px over the stack" in found.why


def test_channels_beside_each_other_are_brought_together():
    one, two = volume(grey()), volume(np.roll(grey(noise=9), (3, -2), (1, 2)))
    found = decide({"2kV": two, "1kV": one})
    assert names(found[Stage.ALIGN]) == ["register-channels"]
    assert params(found[Stage.ALIGN])["reference_channel"] == "1kV"
    assert "3.6 px" in found[Stage.ALIGN].why
    assert not found[Stage.SEGMENT].sure


def test_channels_of_unlike_size_are_not_processed_together():
    found = decide({"1kV": volume(grey()), "2kV": volume(grey()[:8])})
    assert "belong together" in found[Stage.IMPORT].asks
    assert not any(one.steps for one in found.values())


# ---------------------------------------------------------------------------------- thickness
def test_a_ruler_gives_register_and_thickness_and_its_angle_is_asked_for():
    ruler = VirtualRuler(slices=40)
    stack = Volume(VolumeInfo(ruler.shape, ruler.dtype, voxel_nm=(None, 5.0, 5.0)), ruler)
    found = decide({"2kV": stack})
    assert params(found[Stage.ALIGN])["anchor"] == "ruler"
    assert params(found[Stage.THICKNESS])["method"] == "ruler"
    assert "angle" in found[Stage.THICKNESS].asks
    assert not found[Stage.IMPORT].asks
    assert names(found[Stage.REBUILD]) == ["reposition", "fill"]


def test_positions_in_the_files_are_used():
    z_nm = tuple(np.cumsum(np.random.default_rng(1).uniform(4, 6, 14)).tolist())
    found = decide(volume(grey(), z_nm=z_nm))
    assert params(found[Stage.THICKNESS])["method"] == "metadata"
    assert names(found[Stage.REBUILD]) == ["reposition", "fill"]


def test_without_any_statement_the_images_say_it_and_are_not_trusted():
    found = decide(volume(grey((20, 240, 256)), voxel_nm=(None, 5.0, 5.0)))
    assert params(found[Stage.THICKNESS])["method"] == "image"
    assert not found[Stage.THICKNESS].sure
    assert "distance" in found[Stage.THICKNESS].asks


def test_a_stated_thickness_that_the_images_contradict_is_said():
    found = decide(volume(grey(), voxel_nm=(40.0, 5.0, 5.0)))[Stage.THICKNESS]
    assert not found.sure
    assert "check it" in found.why


def test_a_thickness_of_the_metadata_alone_becomes_a_step():
    stack = replace(volume(grey(), voxel_nm=(None, 5.0, 5.0)), metadata=Metadata(slice_nm=5.0))
    assert params(decide(stack)[Stage.THICKNESS])["method"] == "constant"


# ---------------------------------------------------------------------------------- clean
@pytest.mark.parametrize(
    ("fault", "step", "words"),
    [
        ({"curtain": 8.0}, "destripe", "upright stripes"),
        ({"jump": 12.0}, "normalise", "brightness scatters"),
        ({"bottom": 0.6}, "flatten", "the bright phase falls"),
        ({"noise": 30.0}, "denoise", "times the noise"),
    ],
)
def test_each_fault_gets_its_filter_and_no_other(fault, step, words):
    found = decide(volume(grey(**fault)))[Stage.CLEAN]
    assert names(found) == [step]
    assert words in found.why.lower()


def test_dark_and_bright_exchanged_show_in_the_noise():
    data = grey(noise=14, signal_noise=True)
    assert not decide(volume(data))[Stage.CLEAN].steps
    found = decide(volume(255 - data))[Stage.CLEAN]
    assert names(found) == ["invert"]
    assert not found.sure


# ---------------------------------------------------------------------------------- segment
def test_what_shines_through_makes_a_threshold_unsure():
    data = grey().astype(float)
    behind = np.roll(solid(data.shape, seed=3), 1, 0)
    data = np.where(behind & (data < 115), data + 45, data)
    found = decide(volume(data.astype(np.uint8)))[Stage.SEGMENT]
    assert params(found)["method"] == "kmeans"
    assert params(found)["clusters"] == 3
    assert not found.sure
    assert "behind the face" in found.why


@pytest.mark.parametrize("detector", ["TLD", "In-Lens", "InLens", "SE2"])
def test_secondary_electrons_make_a_threshold_unsure(detector):
    found = decide(replace(volume(grey()), metadata=Metadata(detector=detector)))[Stage.SEGMENT]
    assert not found.sure
    assert "secondary electrons" in found.why.lower()


def test_two_values_need_no_method_and_labels_none_at_all():
    two = decide(volume(np.where(solid((12, 96, 96)), 7, 3).astype(np.uint8)))
    assert params(two[Stage.SEGMENT])["threshold"] == 5.0
    assert not two[Stage.SEGMENT].sure, "which of the two is solid, no file says"
    assert not two[Stage.ALIGN].steps
    labels = decide(volume((solid((12, 96, 96)) * 1 + solid((12, 96, 96), seed=1)).astype(np.uint8)))
    assert not labels[Stage.SEGMENT].steps
    assert names(labels[Stage.MEASURE]) == ["measure"]


@pytest.mark.parametrize(("dtype", "half"), [("uint8", 127.5), ("uint16", 32767.5), ("float32", 0.5)])
def test_probabilities_are_cut_at_one_half(dtype, half):
    data = np.linspace(0, 2 * half, 12 * 96 * 96).reshape(12, 96, 96).astype(dtype)
    found = decide(volume(data, content="probability"))[Stage.SEGMENT]
    assert params(found)["threshold"] == half


def test_noise_alone_is_not_segmented():
    noise = np.random.default_rng(0).normal(100, 9, (8, 96, 96)).astype(np.uint8)
    found = decide(volume(noise))
    assert not found[Stage.SEGMENT].steps
    assert not found[Stage.MEASURE].steps


# ---------------------------------------------------------------------------------- rebuild
@pytest.mark.parametrize(
    ("voxel_nm", "steps"),
    [
        ((5.0, 5.0, 5.0), []),
        ((6.0, 5.0, 5.0), ["resample"]),
        ((15.0, 5.0, 5.0), ["reposition", "fill"]),
        ((15.0, 6.3, 5.0), ["resample", "reposition", "fill"]),
        ((5.0, 6.3, 5.0), ["resample"]),
    ],
)
def test_voxels_become_cubes(voxel_nm, steps):
    data = np.where(solid((12, 96, 96)), 255, 0).astype(np.uint8)
    found = decide(volume(data, voxel_nm=voxel_nm, content="binary"))
    assert names(found[Stage.REBUILD]) == steps
    assert not found[Stage.SEGMENT].steps


def test_uneven_slices_closer_than_pixels_do_not_push_each_other_away():
    z_nm = tuple(np.cumsum(np.random.default_rng(1).uniform(3, 4, 14)).tolist())
    found = decide(volume(grey(), z_nm=z_nm, voxel_nm=(None, 5.0, 5.0)))[Stage.REBUILD]
    assert names(found) == ["resample", "reposition", "fill"]
    assert params(found)["pixel_nm"] == pytest.approx((z_nm[-1] - z_nm[0]) / 13)


def test_slices_much_closer_than_pixels_are_rather_a_mistake():
    data = np.where(solid((12, 96, 96)), 255, 0).astype(np.uint8)
    found = decide(volume(data, voxel_nm=(1.0, 20.0, 20.0), content="binary"))[Stage.REBUILD]
    assert not found.sure
    assert "400 times" in found.why


# ---------------------------------------------------------------------------------- behaviour
def test_it_can_be_stopped_and_reads_few_slices():
    read: list[int] = []

    class Counting:
        shape, dtype = (4000, 128, 128), np.dtype(np.uint8)

        def read(self, z, y=slice(None), x=slice(None)):
            read.extend(range(z.start, z.stop))
            return grey((1, 128, 128), seed=z.start)[:, y, x]

    stack = Volume(VolumeInfo(Counting.shape, Counting.dtype, voxel_nm=(5.0, 5.0, 5.0)), Counting())
    decide(stack)
    assert len(read) < 80
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        proposed({"": stack}, Job(stop=stop))

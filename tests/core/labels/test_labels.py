"""Labels: strokes, outlines, fills, runs, the folder, corrections."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from core.block import Block
from core.errors import DamagedFileError, ParameterError, ReadError
from core.labels import CLASSES, LabelledStack, LabelStore, stores_in
from core.labels.corrections import CorrectEstimate, SliceCorrection, correction_of, merged_corrections
from core.labels.paint import Rect, enclosed, polygon, similar, stroke
from core.labels.runs import count_of, put, runs_of, runs_text
from core.steps.correct import CORRECT, CorrectParams
from core.volume import Array, VolumeInfo

STACK = LabelledStack(shape=(4, 20, 30), dtype="uint8")


def distance_to_line(shape: tuple[int, int], begin: tuple[float, float], end: tuple[float, float]) -> Array:
    """Of the middle of every pixel, by many points of the line."""
    rows, columns = (np.indices(shape) + 0.5)[:, :, :, None]
    share = np.linspace(0, 1, 2000)
    at = [begin[axis] + share * (end[axis] - begin[axis]) for axis in (0, 1)]
    return np.asarray(np.sqrt((rows - at[0]) ** 2 + (columns - at[1]) ** 2).min(axis=-1))


@pytest.mark.parametrize("diameter", [3, 8, 17.5])
@pytest.mark.parametrize("end", [(10.0, 12.0), (44.0, 3.5), (-20.0, 80.0), (21.0, 58.0)])
def test_a_stroke_covers_what_the_brush_passes(diameter: float, end: tuple[float, float]) -> None:
    labels, touched = np.zeros((50, 60), np.uint8), np.zeros((50, 60), bool)

    def touch(rect: Rect) -> None:
        assert not labels[rect.index][~touched[rect.index]].any()
        touched[rect.index] = True

    stroke(labels, (10.0, 12.0), end, diameter, 7, touch)
    distance = distance_to_line(labels.shape, (10.0, 12.0), end)
    assert (labels[distance < diameter / 2 - 0.1] == 7).all()
    assert (labels[distance > diameter / 2 + 0.1] == 0).all()
    assert touched[labels > 0].all()


def test_the_smallest_brush_is_a_pixel_and_leaves_no_holes() -> None:
    labels = np.zeros((30, 30), np.uint8)
    stroke(labels, (4.2, 5.8), (4.2, 5.8), 1, 2)
    assert np.argwhere(labels).tolist() == [[4, 5]]
    stroke(labels, (0.5, 0.5), (27.5, 12.5), 1, 2)
    assert labels[:28].any(axis=1).all()
    stroke(labels, (4.2, 5.8), (4.2, 5.8), 1, 0)
    assert labels[4, 5] == 0


def test_an_outline_holds_the_pixels_whose_middle_is_inside() -> None:
    rect, mask = polygon((20, 20), [(2, 3), (2, 9), (7, 9), (7, 3)])
    assert (rect, mask.all()) == (Rect(2, 7, 3, 9), True)
    rect, mask = polygon(
        (100, 100), [(50 + 30 * np.sin(a), 50 + 30 * np.cos(a)) for a in np.arange(0, 6.28, 0.02)]
    )
    distance = np.hypot(*(np.indices((100, 100)) + 0.5 - 50))[rect.index]
    assert mask[distance < 29.9].all()
    assert not mask[distance > 30.1].any()
    rect, mask = polygon((20, 20), [(-5, -5), (-5, 40), (40, 40), (40, -5)])
    assert (rect, mask.all()) == (Rect(0, 20, 0, 20), True)
    assert polygon((20, 20), [(1, 1), (5, 5)])[0].empty
    assert polygon((20, 20), [(30, 30), (30, 40), (40, 40)])[0].empty


def test_a_fill_takes_what_is_connected_and_similar() -> None:
    grey = np.full((12, 16), 100, np.uint16)
    grey[:, 8], grey[3, 2], grey[4, 4] = 900, 109, 111
    rect, mask = similar(grey, (5, 5), 10)
    assert rect == Rect(0, 12, 0, 8)
    assert mask.sum() == 12 * 8 - 1
    assert not mask[4, 4]
    assert mask[3, 2]


def test_only_closed_outlines_are_filled() -> None:
    labels = np.zeros((20, 20), np.uint8)
    labels[5, 5:15] = labels[14, 5:15] = labels[5:15, 5] = labels[5:15, 14] = 3
    found = enclosed(labels, (8, 8))
    assert found is not None
    assert (found[0], found[1].all()) == (Rect(6, 14, 6, 14), True)
    assert enclosed(labels, (1, 1)) is None
    labels[5, 9] = 0
    assert enclosed(labels, (8, 8)) is None


@given(st.lists(st.booleans(), max_size=60))
def test_runs_say_which_pixels(pixels: list[bool]) -> None:
    mask = np.array(pixels, bool)
    text = runs_text(mask)
    plane = np.zeros(mask.shape, np.uint8)
    put(plane, text, 255)
    assert np.array_equal(plane > 0, mask)
    assert count_of(text) == mask.sum()


@pytest.mark.parametrize("text", ["1", "1 0", "3 4 0 2", "-1 4", "1.5 2", "a b", "1 99999999999999999999"])
def test_other_texts_are_no_runs(text: str) -> None:
    with pytest.raises(ParameterError, match="no runs"):
        runs_of(text)


# ---------------------------------------------------------------------------------- the folder
def test_labels_are_written_read_and_taken_out(tmp_path: Path) -> None:
    store = LabelStore(tmp_path / "labels" / "painted")
    labels, grey = np.zeros((20, 30), np.uint8), np.arange(600, dtype=np.uint16).reshape(20, 30)
    labels[3:6, 4:9] = 2
    assert not store.exists()
    store.write(2, labels, STACK, grey)
    store.write(0, labels * 0 + 1, STACK)
    assert store.slices() == (0, 2)
    assert store.header() == STACK.model_copy(update={"slices": (0, 2)})
    assert np.array_equal(store.labels(2, STACK), labels)
    assert np.array_equal(store.grey(2), grey)
    assert tifffile.imread(store.labels_path(2)).dtype == np.uint8
    assert not store.labels(3, STACK).any()
    assert stores_in(tmp_path / "labels") == (store,)
    store.write(2, labels * 0, STACK)
    assert store.slices() == (0,)
    assert not store.grey_path(2).exists()
    assert not list(store.folder.glob(".*"))
    assert stores_in(tmp_path / "none") == ()


def test_what_is_no_folder_of_labels_is_refused(tmp_path: Path) -> None:
    store = LabelStore(tmp_path)
    with pytest.raises(ReadError, match="no folder of labels"):
        store.header()
    store.write(1, np.ones((20, 30), np.uint8), STACK)
    (tmp_path / "labels.json").write_text("{", encoding="utf-8")
    with pytest.raises(DamagedFileError, match="cannot be read"):
        store.header()
    tifffile.imwrite(store.labels_path(1), np.ones((20, 31), np.uint8))
    with pytest.raises(ParameterError, match="does not fit the stack"):
        store.labels(1, STACK)
    store.labels_path(1).write_bytes(b"no picture")
    with pytest.raises(ReadError):
        store.labels(1, STACK)


def test_classes_have_numbers_of_their_own() -> None:
    more = STACK.with_class("Platinum")
    assert [one.value for one in more.classes] == [1, 2, 3]
    assert len({one.colour for one in more.classes}) == 3
    assert more.solid_values == (2,)
    for number in range(6):
        more = more.with_class(f"Class {number}")
    with pytest.raises(ParameterError, match="no room"):
        more.with_class("One too many")
    with pytest.raises(ValueError, match="number of its own"):
        LabelledStack(shape=(1, 2, 3), dtype="uint8", classes=(*CLASSES, CLASSES[0]))


# ---------------------------------------------------------------------------------- corrections
def segmentation() -> tuple[Array, VolumeInfo]:
    data = (np.random.default_rng(3).random((4, 20, 30)) > 0.5).astype(np.uint8) * 255
    return data, VolumeInfo(data.shape, data.dtype, content="binary")


def test_only_what_differs_is_a_correction() -> None:
    data, info = segmentation()
    labels = np.zeros((20, 30), np.uint8)
    labels[2:9, 3:20], labels[12:15, 5:8] = 2, 1
    found = correction_of(1, data[1], labels, (2,))
    assert found is not None
    estimate = merged_corrections(info.shape, None, (found,), (1,))
    assert CORRECT.apply is not None
    whole = CORRECT.apply(Block(data, 0, slice(0, 4), info), CorrectParams(), estimate)
    part = CORRECT.apply(Block(data[1:3], 1, slice(0, 2), info), CorrectParams(), estimate)
    assert np.array_equal(whole[1:3], part)
    wanted = data.copy()
    wanted[1][labels == 2], wanted[1][labels == 1] = 255, 0
    assert np.array_equal(whole, wanted)
    changed = int((wanted != data).sum())
    assert estimate.voxels == changed
    assert estimate.remarks()[0].startswith(f"{changed} voxels")
    assert estimate.lasting() == estimate.remarks()
    assert correction_of(1, wanted[1], labels, (2,)) is None
    assert CorrectEstimate.model_validate(estimate.model_dump(mode="json")) == estimate


def test_slices_painted_again_take_the_place_of_earlier_corrections() -> None:
    one, two = (SliceCorrection(index=index, solid="0 5") for index in (1, 3))
    before = merged_corrections((4, 20, 30), None, (two, one), (1, 3))
    assert [found.index for found in before.slices] == [1, 3]
    after = merged_corrections((4, 20, 30), before, (SliceCorrection(index=3, pore="2 2"),), (3,))
    assert [(found.index, found.voxels) for found in after.slices] == [(1, 5), (3, 2)]
    assert merged_corrections((4, 20, 30), before, (), (1, 3)).slices == ()


def test_corrections_of_another_shape_are_not_kept() -> None:
    before = CorrectEstimate(shape=(4, 20, 30), slices=(SliceCorrection(index=3, solid="590 5"),))
    new = SliceCorrection(index=0, solid="0 5")
    assert merged_corrections((4, 20, 28), before, (new,), (0,)).slices == (new,)
    assert merged_corrections((2, 10, 10), before, (new,), (0,)).slices == (new,)


def test_corrections_of_another_stack_are_refused() -> None:
    data, info = segmentation()
    estimate = CorrectEstimate(shape=(4, 20, 31), slices=(SliceCorrection(index=0, solid="0 5"),))
    assert CORRECT.apply is not None
    with pytest.raises(ParameterError, match="of another stack"):
        CORRECT.apply(Block(data, 0, slice(0, 4), info), CorrectParams(), estimate)
    with pytest.raises(ParameterError, match="solid and pore"):
        CORRECT.result_info(VolumeInfo(data.shape, data.dtype), CorrectParams())
    for wrong in (
        {"slices": [{"index": 0, "solid": "0 5"}]},
        {"shape": (4, 20, 30), "slices": [{"index": 4, "solid": "0 5"}]},
        {"shape": (4, 20, 30), "slices": [{"index": 0, "solid": "598 5"}]},
        {"shape": (4, 20, 30), "slices": [{"index": 0, "solid": "5"}]},
        {"shape": (4, 20, 30), "slices": [{"index": 1}, {"index": 0}]},
    ):
        with pytest.raises(ValueError, match=r"correct|slice|shape"):
            CorrectEstimate.model_validate(wrong)

"""Cap layer and ruler are measured, and then cut off: no row of them is taken for sample."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from core.execute import run
from core.io import ReadOptions, open_stack
from core.io.writers import write
from core.job import Job
from core.project import InputSpec, Project
from core.propose import proposed, recipe_of
from core.propose.marks import marks_in
from core.recipe import Recipe
from core.step import Stage
from core.volume import Array, Volume, VolumeInfo
from tests.core.thickness.virtual import VirtualRuler

LEVEL_PX = 12
"""Uppermost rows of a result that are compared with all of it."""


def volume(ruler: VirtualRuler) -> Volume:
    pixel = ruler.pixel_nm
    return Volume(VolumeInfo(ruler.shape, ruler.dtype, voxel_nm=(None, pixel, pixel)), ruler)


def edges(ruler: VirtualRuler) -> Array:
    """True lower edge of the cap in every slice."""
    found: Array = ruler.y_px[2] + ruler.drift_px_yx[:, 0]
    return found


def solid_share(ruler: VirtualRuler) -> float:
    """Of the face alone."""
    shares = []
    for z, edge in enumerate(edges(ruler)):
        shares.append(float(np.mean(ruler._structure(z, ruler.rows)[int(np.ceil(edge)) :] > 100)))
    return float(np.mean(shares))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"drift_px": 40.0, "seed": 3},
        {"below_nm": 20.0},
        {"above_nm": 0.0, "inclined": "same"},
        {"contrast": -50.0},
        {"curtain": 0.3, "brightness": 0.1},
    ],
)
def test_the_lower_edge_of_the_cap_is_found(changes: dict[str, float]) -> None:
    ruler = VirtualRuler(**({"slices": 40} | changes))  # type: ignore[arg-type]
    marks = marks_in({"": volume(ruler)}, Job())
    assert marks is not None
    face = marks.face
    assert face is not None
    assert face.clear
    assert face.first == pytest.approx(edges(ruler).min(), abs=2)
    assert face.last == pytest.approx(edges(ruler).max(), abs=2)
    # With all slices in register, the edge lies where it is in the slice in which it is uppermost.
    assert 0 < face.registered - edges(ruler).min() < 8
    assert face.raw > edges(ruler).max()


@dataclass(frozen=True)
class Flat(VirtualRuler):
    """A face that is as even as the cap."""

    def _structure(self, z: int, rows: int) -> Array:
        return np.full((rows, self.columns), 90.0)

    __hash__ = VirtualRuler.__hash__


def test_an_edge_that_does_not_show_is_said_and_not_trusted() -> None:
    clean = proposed({"": volume(Flat(slices=24))}, Job())[list(Stage).index(Stage.CLEAN)]
    assert clean.steps[0].step.name == "trim"
    assert not clean.sure
    assert "edge of the cap layer is not clear" in clean.why


def run_through(ruler: VirtualRuler, folder) -> tuple[Recipe, Array]:  # type: ignore[no-untyped-def]
    """What is proposed, with the angle stated, and the solid that comes of it."""
    options = ReadOptions(voxel_nm_zyx=(None, ruler.pixel_nm, ruler.pixel_nm))
    path = folder / "stack.tif"
    write(volume(ruler), path, "fiji", overwrite=True)
    recipe = recipe_of(proposed({"": open_stack(path, options)}, Job()))
    kept = tuple(
        replace(one, params=one.params.model_copy(update={"angle_deg": ruler.angle_deg}))
        if one.step.name == "thickness"
        else one
        for one in recipe.steps
        if one.step.stage not in (Stage.REBUILD, Stage.MEASURE, Stage.EXPORT)
    )
    project = Project.create(folder / "p", {"": InputSpec(paths=(path,), options=options)},
                             recipe=Recipe(kept))  # fmt: skip
    result = run(project, job=Job())[""].volume.read()
    return recipe, result > 0


def test_no_row_of_the_cap_is_taken_for_sample(tmp_path) -> None:  # type: ignore[no-untyped-def]
    ruler = VirtualRuler(slices=26, pixel_nm=8.0, cnr=5.0)
    recipe, solid = run_through(ruler, tmp_path)
    names = [one.step.name for one in recipe.steps]
    assert names.index("thickness") < names.index("trim") < names.index("segment")
    # On the canvas that all slices show, the face has so many rows.
    face_rows = ruler.rows - np.ptp(edges(ruler)) - edges(ruler).min()
    assert face_rows - 8 < solid.shape[1] < face_rows
    truth = solid_share(ruler)
    assert float(solid.mean()) == pytest.approx(truth, abs=0.03)
    assert float(solid[:, :LEVEL_PX].mean()) == pytest.approx(truth, abs=0.12)


def test_a_ruler_leaves_the_judgement_of_grey_values_to_the_face() -> None:
    clean, segment = proposed({"": volume(VirtualRuler(slices=24))}, Job())[3:5]
    assert "uppermost rows are cut off" in clean.why
    assert clean.sure
    assert segment.steps[0].params is not None
    assert "Two phases are clear" in segment.why

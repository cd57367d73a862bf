"""What holds for every step, whatever it does."""

from __future__ import annotations

import pickle
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.block import Block, Observation
from core.errors import RecipeError, TruesliceError, VoxelError
from core.params import Params
from core.step import AnyStep
from core.steps import STEPS, step_named
from core.volume import Array
from tests.core.steps.running import info_of, run_step

# Steps that move, place or make slices need more than voxels; each has a file of tests of its own.
GEOMETRY = {"register", "register-channels", "thickness", "reposition", "fill", "resample"}
NETWORK = {"probability"}  # needs a model
PAINTED = {"correct"}  # needs a segmentation; tests/core/labels
VOXEL_STEPS = [step for step in STEPS if not step.sink and step.name not in GEOMETRY | NETWORK | PAINTED]
# Every method with its own code path, cheap enough for small stacks.
CASES: list[tuple[str, dict[str, Any]]] = [
    ("crop", {}),
    ("crop", {"y_start": 3, "x_stop": 40, "z_start": 1}),
    ("trim", {}),
    ("trim", {"top_px": 3, "right_px": 8}),
    ("drop-slices", {"slices": "0, 2-3"}),
    ("invert", {}),
    ("normalise", {}),
    ("normalise", {"levels": "percentiles", "target": "running", "window_slices": 3}),
    ("normalise", {"target": "slice", "reference_slice": 2, "adjust": "brightness"}),
    ("flatten", {}),
    ("flatten", {"scope": "slice", "follow": "mean", "direction": "y"}),
    ("flatten", {"model": "offset", "follow": "dark", "order": 3}),
    ("destripe", {}),
    ("destripe", {"method": "wavelet", "angles_deg": "5, -60", "strength": 0.5}),
    ("denoise", {}),
    ("denoise", {"method": "tv", "noise_grey": 4.0}),
    ("denoise", {"method": "gaussian", "sigma_slices": 1.0}),
    ("denoise", {"method": "gaussian"}),
    ("denoise", {"method": "median"}),
    ("denoise", {"method": "median", "radius_slices": 2}),
    ("segment", {}),
    ("segment", {"method": "threshold", "threshold": 100.5}),
    ("segment", {"method": "kmeans", "clusters": 3, "scope": "slice"}),
    ("segment", {"method": "sauvola", "window_px": 11}),
    ("measure", {}),
]
TYPES = [np.uint8, np.uint16, np.float32]


def names(case: tuple[str, dict[str, Any]]) -> str:
    return case[0] + "".join(f"-{value}" for value in case[1].values())


def stack(
    dtype: Any, *, seed: int = 0, shape: tuple[int, int, int] = (7, 40, 48), binary: bool = False
) -> Array:
    rng = np.random.default_rng(seed)
    solid = rng.normal(size=shape).cumsum(axis=1).cumsum(axis=2) > 0
    if binary:
        return (solid * 255).astype(dtype)
    return (60 + 90 * solid + rng.normal(scale=5, size=shape)).clip(0, 255).astype(dtype)


def sample_for(name: str, dtype: Any, **rest: Any) -> Array:
    return stack(dtype, binary=name == "measure", **rest)


def result_or_refusal(case: tuple[str, dict[str, Any]], data: Array) -> Array | None:
    """The result, or None if the step says that it cannot work on this; any other error is a failure."""
    try:
        return run_step(step_named(case[0]), data, **case[1])[0]
    except TruesliceError:
        return None


def test_every_step_with_voxels_has_a_case() -> None:
    assert {name for name, _ in CASES} == {step.name for step in VOXEL_STEPS}


def test_names_are_unique_and_found() -> None:
    assert len({step.name for step in STEPS}) == len(STEPS)
    assert all(step_named(step.name) is step for step in STEPS)
    with pytest.raises(RecipeError, match="no step 'sharpen'") as caught:
        step_named("sharpen")
    assert "segment" in str(caught.value)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_the_form_can_be_generated(step: AnyStep) -> None:
    step.params()
    fields = dict(step.params.model_fields)
    if step.estimate_type is not None:
        fields |= step.estimate_type.model_fields
    for name, field in fields.items():
        assert field.title, f"{step.name}.{name} has no label"
        assert field.description, f"{step.name}.{name} has no description"
        assert field.description.endswith("."), f"{step.name}.{name}: a sentence ends with a full stop"
    assert step.label
    assert step.summary.endswith(".")
    assert step.version >= 1


@pytest.mark.parametrize("case", CASES, ids=names)
def test_parameters_survive_json_and_pickling(case: tuple[str, dict[str, Any]]) -> None:
    step = step_named(case[0])
    params: Params = step.params(**case[1])
    assert step.params.model_validate_json(params.model_dump_json()) == params
    assert pickle.loads(pickle.dumps(params)) == params
    assert pickle.loads(pickle.dumps(step)).name == step.name


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("case", CASES, ids=names)
def test_any_split_gives_the_same_voxels_and_estimate(case: tuple[str, dict[str, Any]], dtype: Any) -> None:
    step = step_named(case[0])
    data = sample_for(case[0], dtype)
    whole, estimate = run_step(step, data, **case[1])
    for cuts in ([1, 2, 3, 4, 5, 6], [4], [2, 3]):
        part, found = run_step(step, data, cuts=cuts, **case[1])
        assert np.array_equal(part, whole)
        assert found == estimate
    if step.name != "segment":
        assert whole.dtype == dtype
    if estimate is not None:
        assert step.estimate_type is type(estimate)
        assert type(estimate).model_validate_json(estimate.model_dump_json()) == estimate
        assert pickle.loads(pickle.dumps(estimate)) == estimate


@given(st.data())
def test_halo_and_split_hypothesis(data: st.DataObject) -> None:
    slices = data.draw(st.integers(1, 9))
    cuts = data.draw(st.lists(st.integers(1, max(1, slices - 1)), max_size=4))
    voxels = stack(np.uint8, seed=data.draw(st.integers(0, 99)), shape=(slices, 8, 9))
    for values in (
        {"method": "gaussian", "sigma_slices": data.draw(st.sampled_from([0.5, 1.0, 2.5])), "sigma_px": 0.5},
        {"method": "median", "radius_slices": data.draw(st.integers(1, 4)), "radius_px": 1},
    ):
        whole, _ = run_step(step_named("denoise"), voxels, **values)
        parts, _ = run_step(step_named("denoise"), voxels, cuts=[c for c in cuts if c < slices], **values)
        assert np.array_equal(whole, parts)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("case", CASES, ids=names)
def test_values_that_are_no_numbers_are_refused_or_only_moved(
    case: tuple[str, dict[str, Any]], wrong: float
) -> None:
    step = step_named(case[0])
    data = sample_for(case[0], np.float32)
    data[4, 20, 11] = wrong
    if case[0] in ("crop", "trim", "drop-slices", "invert"):
        result, _ = run_step(step, data, **case[1])
        assert np.count_nonzero(~np.isfinite(result)) == 1
        return
    with pytest.raises(VoxelError, match="slice 4"):
        run_step(step, data, **case[1])


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 1, 7), (3, 7, 1), (2, 2, 2), (1, 300, 1)], ids=str)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("case", CASES, ids=names)
def test_tiny_planes_work_or_are_refused(
    case: tuple[str, dict[str, Any]], dtype: Any, shape: tuple[int, int, int]
) -> None:
    data = sample_for(case[0], dtype, shape=shape)
    result = result_or_refusal(case, data)
    assert result is None or np.isfinite(result).all()


@pytest.mark.parametrize("grey", [0, 200])
@pytest.mark.parametrize("case", CASES, ids=names)
def test_blank_stacks_stay_blank_or_are_refused(case: tuple[str, dict[str, Any]], grey: int) -> None:
    data = np.full((7, 40, 48), grey, dtype=np.uint8)
    result = result_or_refusal(case, data)
    assert result is None or len(np.unique(result)) == 1


@pytest.mark.parametrize("case", [case for case in CASES if case[0] != "measure"], ids=names)
def test_one_blank_slice_does_no_harm(case: tuple[str, dict[str, Any]]) -> None:
    data = stack(np.uint8)
    data[3] = 0
    result, _ = run_step(step_named(case[0]), data, **case[1])
    assert len(result)


@pytest.mark.parametrize(
    "step", [step for step in VOXEL_STEPS if step.name not in ("crop", "trim", "drop-slices", "measure")]
)
def test_labels_are_no_brightness(step: AnyStep) -> None:
    with pytest.raises(TruesliceError, match="label"):
        step.output(info_of(np.zeros((2, 64, 64), np.uint16), "labels"), step.params())


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if "reference_slice" not in case[1] and case[0] not in ("crop", "drop-slices")],
    ids=names,
)
def test_working_memory_is_as_declared(case: tuple[str, dict[str, Any]]) -> None:
    step = step_named(case[0])
    params = step.params(**case[1])
    data = sample_for(case[0], np.uint16, shape=(2 * step.halo(params) + 1, 400, 500))
    run_step(step, data[:, :64, :64].copy(), **(case[1] if case[0] == "denoise" else {}))  # imports
    block = Block(data, 0, slice(step.halo(params), step.halo(params) + 1), info_of(data))
    tracemalloc.start()
    try:
        seen = step.observe(block, params) if step.observe and step.observes(params) else Observation()
        if step.apply is not None:
            spread = {key: np.repeat(value, len(data), axis=0) for key, value in seen.per_slice.items()}
            found = (
                step.estimate(Observation(spread, seen.total), block.info, params) if step.estimate else None
            )
            result = step.apply(block, params, found)
            assert len(result)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    constant = 3_000_000  # histograms, polynomials, bands of the median
    room = 0 if step.apply is None else result.nbytes
    assert peak - room - constant <= step.bytes_per_pixel * data[0].size

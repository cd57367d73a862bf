"""Images against the truth: content lies where the truth says, down to parts of a pixel."""

from __future__ import annotations

import numpy as np
import pytest

from core.job import Job
from core.simulate.acquisition.single import take_pictures
from tests.core.simulate.acquisition.plans import plan

FIELD = {"slices": 2, "rows": 64, "columns": 72, "margin_nm": 40}


def found_shift(fixed: np.ndarray, moved: np.ndarray) -> tuple[float, float]:
    """How far the content of `moved` has moved against `fixed`, from the peak of their correlation."""
    first, second = (image - image.mean() for image in (fixed, moved))
    correlation = np.fft.ifft2(np.conj(np.fft.fft2(first)) * np.fft.fft2(second)).real
    peak = np.unravel_index(correlation.argmax(), correlation.shape)
    found = []
    for axis, place in enumerate(peak):
        line = np.take(correlation, peak[1 - axis], axis=1 - axis)
        size = len(line)
        before, here, after = (line[(place + step) % size] for step in (-1, 0, 1))
        offset = 0.5 * (before - after) / (before - 2 * here + after)
        found.append((place + offset + size / 2) % size - size / 2)
    return found[0], found[1]


def test_content_moves_as_recorded() -> None:
    moving = plan(
        field=FIELD,
        voltages_kv=[1, 1.2],
        electrons_per_pixel=60,
        misalignment={"offset_px": 5},
        seed=3,
    )
    from core.simulate.acquisition.schedule import schedule_of

    recorded = schedule_of(moving).shifts_px_yx[1, 0]
    assert np.abs(recorded).min() > 1.5
    fixed, moved = (picture.expected.signal for picture in take_pictures(moving, job=Job()))
    assert found_shift(fixed, moved) == pytest.approx(recorded.tolist(), abs=0.4)


def test_drift_between_slices_is_that_of_the_labels() -> None:
    """The same face with and without drift: the picture moves as its labels do."""
    still = plan(field=FIELD, electrons_per_pixel=60, voltages_kv=[1], milling={"slice_nm": 2.5})
    moving = plan(
        field=FIELD,
        electrons_per_pixel=60,
        voltages_kv=[1],
        milling={"slice_nm": 2.5},
        drift={"slant_nm_yx": [10.0, -7.5]},
    )
    (fixed,), (moved,) = (take_pictures(one, job=Job(), index=1) for one in (still, moving))
    assert found_shift(fixed.expected.signal, moved.expected.signal) == pytest.approx((4, -3), abs=0.3)
    assert found_shift(fixed.labels, moved.labels) == pytest.approx((4, -3), abs=0.1)


def test_tilt_foreshortens_the_image() -> None:
    """At 60 degrees a pixel covers twice its side: ruler marks of 30 nm are 6 rows high, not 12."""
    ruler = {"on": True, "above_nm": 20, "cap_nm": 60, "mark_depth_nm": 30, "mark_width_nm": 30}
    heights = []
    for corrected in (True, False):
        field = {"slices": 1, "rows": 48, "columns": 90, "margin_nm": 40, "tilt_corrected": corrected}
        (picture,) = take_pictures(
            plan(field=field, tilt_deg=60, ruler=ruler, voltages_kv=[1], electrons_per_pixel=1), job=Job()
        )
        heights.append(int((picture.labels[:, 12] == 3).sum()))
    assert heights == [12, 6]


def test_more_shines_through_at_higher_voltage() -> None:
    pictures = take_pictures(plan(field=FIELD, voltages_kv=[1, 4], electrons_per_pixel=40), job=Job())
    pore, solid = [], []
    for picture in pictures:
        pore.append(picture.expected.signal[picture.labels == 0].mean())
        solid.append(picture.expected.signal[picture.labels == 1].mean())
    assert pore[1] > 1.3 * pore[0]
    assert (solid[1] - pore[1]) < 0.7 * (solid[0] - pore[0])

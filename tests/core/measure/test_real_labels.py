"""Numbers of real labelled volumes, where they lie beside the project."""

from __future__ import annotations

import pytest

from tests.benchmarks.real_labels import MASKS, STATED, fractions, masked, pooled, scored
from tests.shared_data import shared_path


@pytest.mark.parametrize("name", [name for name, stated in STATED.items() if stated])
def test_stated_fractions(name: str) -> None:
    shared_path(name)
    found = fractions(name)
    assert found.keys() == STATED[name].keys()
    for value, stated in STATED[name].items():
        assert found[value] == pytest.approx(stated, abs=6e-4)


def test_masks_went_into_the_merged_labels() -> None:
    shared_path("vnc_sstem")
    labels = fractions("vnc_sstem/stack1/labels")
    for name in ("mitochondria", "synapses"):
        merged = sum(share for value, share in labels.items() if value in MASKS[name])
        assert masked(name) == pytest.approx(merged, abs=2e-4)


def test_local_thresholds_beat_a_single_one_on_the_ceramic() -> None:
    """Stated with the data: plain Otsu has an accuracy of .859 and .886 and a pore IoU of .477 and .574."""
    shared_path("yamamoto_Ba122")
    otsu = [scored(sample, "otsu") for sample in (1, 2)]
    assert [1 - one.mp / 100 for one in otsu] == pytest.approx([0.859, 0.886], abs=5e-4)
    assert [one.tn / (one.tn + one.fp + one.fn) for one in otsu] == pytest.approx([0.477, 0.574], abs=5e-4)
    local = pooled([scored(sample, "sauvola") for sample in (1, 2)])
    assert local.iou > 0.9 > pooled(otsu).iou

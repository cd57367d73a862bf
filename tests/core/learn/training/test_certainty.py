"""How sure a network is of its validation patches, where the answer is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from core.job import Job
from core.learn.data.batch import Batch
from core.learn.training.certainty import stored, with_certainty
from core.learn.training.device import Machine
from core.models.answer import Tally
from core.models.spec import Known
from core.models.uncertainty import entropy_bits

HERE = Machine("cpu", 1)
KNOWN = Known(pixel_nm=(1, 1))


class _Stripes:
    """Two batches of planes or volumes of stripes, 4 px of each phase."""

    def __init__(self, lead: tuple[int, ...]) -> None:
        self.lead = lead

    def validation(self) -> Iterator[Batch]:
        row = np.where(np.arange(32) // 4 % 2, 1.0, -1.0).astype(np.float32)
        images = torch.from_numpy(np.broadcast_to(row, (3, 1, *self.lead, 8, 32)).copy())
        yield from (Batch(images, (images > 0).float()) for _ in range(2))


class _Times(nn.Module):
    """Logits are the images times a number."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits of solid."""
        return images * self.factor


def _found(factor: float, lead: tuple[int, ...] = ()) -> Known:
    network: Any = _Times(factor)
    source: Any = _Stripes(lead)
    return with_certainty(KNOWN, network, source, HERE, Job())


@pytest.mark.parametrize("lead", [(), (2,)])
def test_entropy_and_indecision_of_stripes(lead: tuple[int, ...]) -> None:
    found = _found(1.5, lead)
    code = round(255 / (1 + np.exp(-1.5)))
    entropy = float(entropy_bits(np.array([code / 255]))[0])
    assert found.entropy_bits == pytest.approx(entropy, rel=1e-6)
    gaps, crossings = 7 * 32 + 8 * 31, 8 * 7  # of a plane: only lines along x cross borders
    assert found.undecided_px == pytest.approx(gaps / crossings, rel=1e-6)  # all pixels at 0.18 or 0.82
    assert found.pixel_nm == KNOWN.pixel_nm


def test_a_surer_network_is_undecided_about_less() -> None:
    least = [_found(factor).undecided_px for factor in (1.0, 3.0, 30.0)]
    assert least == sorted(least, key=lambda value: -float(value or 0))
    assert least[-1] == 0


def test_a_network_that_finds_one_phase_alone_is_no_measure() -> None:
    assert _found(0.0) == KNOWN


def test_probabilities_are_rounded_as_they_are_stored() -> None:
    probability = torch.tensor([[0.0, 0.4, 0.6, 254.4, 254.6, 255.0]]) / 255
    assert stored(torch.logit(probability)).tolist() == [[0, 0, 1, 254, 255, 255]]


def test_tallies_can_be_added() -> None:
    one = Tally(*(np.full(size, 1) for size in (256, 2, 2, 2)))
    assert (one + one).codes.sum() == 512
    assert (one + one).gaps.tolist() == [2, 2]

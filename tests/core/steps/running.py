"""Run a step the way execution does: in blocks with halo, estimates in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from core.block import Block, Observation, merged
from core.job import Job
from core.step import AnyStep, Estimate
from core.volume import Array, Content, VolumeInfo, volume_of


def info_of(data: Array, content: Content = "grey") -> VolumeInfo:
    z, y, x = data.shape
    return VolumeInfo((z, y, x), data.dtype, content=content)


def blocks(data: Array, info: VolumeInfo, halo: int, cuts: Sequence[int]) -> Iterator[Block]:
    """Blocks between the cuts, each with its halo, each a copy of its own."""
    count = len(data)
    for start, stop in pairwise(sorted({0, *cuts, count})):
        first, last = max(0, start - halo), min(count, stop + halo)
        yield Block(data[first:last].copy(), first, slice(start - first, stop - first), info)


def run_step(
    step: AnyStep, data: Array, *, cuts: Sequence[int] = (), content: Content = "grey", **values: Any
) -> tuple[Array, Any]:
    """Result and estimate of one step on a whole stack."""
    params = step.params(**values)
    info = info_of(data, content)
    chosen, kept = step.selected(info, params)
    result_info = step.output(chosen, params)
    data = data[list(kept)]
    found: Estimate | None = None
    if step.survey is not None:
        return data, step.survey(volume_of(data, content=content), params, Job(), None)
    if step.estimate is not None:
        seen = Observation()
        if step.observe is not None and step.observes(params):
            seen = merged(step.observe(block, params) for block in blocks(data, chosen, 0, cuts))
        found = step.estimate(seen, chosen, params)
    if step.apply is None:
        return data, found
    parts = []
    for block in blocks(data, chosen, step.halo(params), cuts):
        before = block.data.copy()
        parts.append(step.apply(block, params, found)[block.inner])
        assert np.array_equal(block.data, before, equal_nan=block.data.dtype.kind == "f"), "input changed"
    result = np.concatenate(parts)
    assert result.shape == result_info.shape
    assert result.dtype == result_info.dtype
    return result, found

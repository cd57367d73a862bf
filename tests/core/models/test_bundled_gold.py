"""The bundled gold networks on a small acquisition by the Monte Carlo, of a seed that no training has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from core.job import Job
from core.models.answer import CODES, answer_of, tallied, unlike
from core.models.fit import contrast_findings
from core.models.intensity import levels_of_planes
from core.models.library import model_named
from core.models.predict import predict_stack
from core.models.session import open_session
from core.segment.histogram import counted, histogram_of
from core.segment.thresholds import brightest_cluster, kmeans
from core.simulate.acquisition import acquire
from core.simulate.plan import Plan
from core.volume import Array

PIXEL_NM = 2.5
CHANNELS = ("1kV", "2kV")  # 4 kV reaches deep: many times the electrons that are followed


def _plan(channel: str) -> Plan:
    table: dict[str, Any] = {
        "seed": 77_001,
        "voltages_kv": [float(channel.removesuffix("kV"))],
        "electrons_per_pixel": 30,
        "structure": {"kind": "leveled-wave", "ligament_nm": [110.0, 15.0], "solid_fraction": [0.35, 0.35]},
        "materials": {"pore": "epoxy", "solid": "Au"},
        "field": {"slices": 8, "rows": 80, "columns": 80, "pixel_nm": PIXEL_NM, "voxel_nm": PIXEL_NM},
        "milling": {
            "slice_nm": 10.0,
            "thickness": "gamma",
            "sd_nm": 3.0,
            "snap_to_voxels": True,
            "faces": "border",
        },
    }
    return Plan.parse(table, owner="plan")


@pytest.fixture(scope="module")
def acquisition(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Array], Array]:
    """Images by channel, and what the faces show."""
    images, truth = {}, None
    for channel in CHANNELS:
        folder = tmp_path_factory.mktemp("gold") / channel
        acquire(_plan(channel), folder, job=Job())
        images[channel] = tifffile.imread(folder / f"{channel}.tif")
        truth = _faces(folder)
    assert truth is not None
    return images, truth


def _faces(folder: Path) -> Array:
    facts = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    planes = np.floor(np.array(facts["z_nm"]) / PIXEL_NM + 0.5).astype(int)
    return np.asarray(tifffile.imread(folder / "truth.tif")[planes] > 0)


def _kmeans(stack: Array) -> Array:
    histogram = histogram_of(np.sum([counted(plane) for plane in stack], axis=0), stack.dtype)
    return stack > float(brightest_cluster(kmeans(histogram, 3)))


@pytest.mark.parametrize("name", ["gold-1kv", "gold-2kv"])
def test_a_bundled_network_sees_through(name: str, acquisition: tuple[dict[str, Array], Array]) -> None:
    images, truth = acquisition
    model = model_named(name)
    spec = model.spec
    given = {channel: images[channel] for channel in spec.channels}
    probability = predict_stack(open_session(model.weights), spec, given, slice_step=1)
    wrong = float(((probability > 0.5) != truth).mean())
    classical = min(float((_kmeans(stack) != truth).mean()) for stack in given.values())
    assert wrong < classical / 3
    assert not any(f.refused for f in contrast_findings(spec, _levels(given)))
    codes = (probability * (CODES - 1) + 0.5).astype(np.uint8)
    assert not unlike(answer_of(tallied(codes), (PIXEL_NM, PIXEL_NM), len(codes)), spec)


def _levels(given: dict[str, Array]) -> dict[str, Any]:
    return {channel: levels_of_planes(stack) for channel, stack in given.items()}

"""Tiny models, and a project, for tests of what a network is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
import tifffile

from core.io import ReadOptions
from core.models import library
from core.models.card import write_model
from core.models.spec import Known
from core.project import InputSpec, Project
from tests.core.models.tiny import mean_network, pooled_network, spec_of
from tests.core.steps.asking import MEAN5, VOXEL_NM, stack


@pytest.fixture(scope="session")
def network_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models of one slice, of five slices, of two channels with branches, and one that fills."""
    there = tmp_path_factory.mktemp("models")
    onnx = tmp_path_factory.mktemp("onnx")
    write_model(there / "plane", mean_network(onnx / "a.onnx", [1]), spec_of(name="plane"))
    five = spec_of(
        name="five",
        slices=5,
        known=Known(pixel_nm=(2, 3), slice_nm=(8, 12), contrast_to_noise={"2kV": (8, 40)}),
    )
    write_model(there / "five", mean_network(onnx / "b.onnx", MEAN5), five)
    two = spec_of(name="two", channels=("1kV", "2kV"), stride=4, halo_px=7, branches=True)
    write_model(there / "two", pooled_network(onnx / "c.onnx", 2, branches=True), two)
    filling = spec_of(name="filling", task="fill")
    write_model(there / "filling", mean_network(onnx / "d.onnx", [1]), filling)
    return there


@pytest.fixture
def network_library(network_models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The library has these models, and none of those that come with the program."""
    monkeypatch.setenv(library.VARIABLE, str(network_models))
    monkeypatch.setattr(library, "bundled_folder", lambda: network_models / "bundled")  # is not there
    return network_models


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of one grey stack of 16 slices."""
    tifffile.imwrite(tmp_path / "stack.tif", stack(16), photometric="minisblack")
    spec = InputSpec(paths=(tmp_path / "stack.tif",), options=ReadOptions(voxel_nm_zyx=VOXEL_NM))
    return Project.create(tmp_path / "project", {"2kV": spec})

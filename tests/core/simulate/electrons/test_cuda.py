"""Electrons on a CUDA device: numba's simulator always, the compiler and a device where there is one."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import MissingExtraError, NotEnoughMemoryError, ParameterError
from core.job import Job
from core.simulate.electrons import cuda
from core.simulate.electrons.bulk import bulk_yield
from core.simulate.electrons.conditions import Beam, Physics
from core.simulate.electrons.materials import material_of
from tests.core.simulate.electrons.cuda_scenes import GOLD, SCENES, numbers_of

ROOT = Path(__file__).parents[4]
SIMULATOR = {"NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1"}
ARITHMETIC = "ignore::RuntimeWarning"  # numpy reports the intended overflow of hashes
INSTALLED = importlib.util.find_spec("numba_cuda") is not None


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """What the simulator computed of every scene."""
    path = tmp_path_factory.mktemp("cuda") / "found.npz"
    run = subprocess.run(
        [sys.executable, "-W", ARITHMETIC, "-m", "tests.core.simulate.electrons.cuda_scenes", str(path)],
        cwd=ROOT, env=os.environ | SIMULATOR, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    with np.load(path) as found:
        return dict(found)


@pytest.mark.parametrize("name", SCENES)
def test_images_on_the_simulator_are_those_of_the_cpu(name: str, simulated: dict[str, np.ndarray]) -> None:
    # Without fused multiply-adds also the last bit.
    expected = numbers_of(SCENES[name].shot("cpu"))
    assert np.count_nonzero(expected) > 30
    np.testing.assert_array_equal(simulated[name], expected)


def test_parts_add_up_to_the_whole(simulated: dict[str, np.ndarray]) -> None:
    from core.simulate.electrons.kernels.shots import UNIT

    scene = SCENES["resin"]
    shot = scene.shot("cpu")
    pixels, count = 20, len(scene.detectors)
    sums = simulated["parts"][: pixels * count].reshape(pixels, count)
    units = [UNIT if detector.weight == "energy" else 1 for detector in scene.detectors]
    for at, image in enumerate(shot.images):
        mean = sums[:, at] / (scene.electrons * units[at])
        # Pixels are shot down the columns.
        np.testing.assert_array_equal(mean.astype(np.float32), image.signal.T.ravel())
    back, absorbed, lost = simulated["parts"][-6:-3]
    assert (back, absorbed, lost) == (shot.balance.backscattered, shot.balance.absorbed, shot.balance.lost)


def test_homogeneous_gold_gives_the_yield_of_bulk_gold(simulated: dict[str, np.ndarray]) -> None:
    bulk = bulk_yield(material_of("Au"), Beam(kv=1.0), Physics(), electrons=100_000, seed=2, job=Job())
    electrons, back, absorbed, lost, energy_in, *energies = simulated["gold"][-8:]
    eta = back / electrons
    assert electrons == 16 * GOLD.electrons == back + absorbed + lost
    assert sum(energies) == pytest.approx(energy_in, abs=1e-9)
    assert eta == pytest.approx(bulk.eta, abs=4 * np.sqrt(eta * (1 - eta) / electrons))


def test_a_job_can_be_stopped_between_launches(simulated: dict[str, np.ndarray]) -> None:
    assert simulated["cancelled"]


@pytest.fixture
def as_installed(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """As if numba-cuda were installed."""
    monkeypatch.setattr(cuda, "find_spec", lambda _name: object())
    return monkeypatch


def test_refused_without_numba_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match=r"trueslice\[gpu\]"):
        GOLD.shot("cuda")


def test_refused_without_a_device(as_installed: pytest.MonkeyPatch) -> None:
    from core.simulate.electrons.kernels import cuda_shots

    as_installed.setattr(cuda_shots, "available", lambda: False)
    with pytest.raises(ParameterError, match="no CUDA device"):
        GOLD.shot("cuda")


def test_refused_if_the_sample_does_not_fit(as_installed: pytest.MonkeyPatch) -> None:
    from core.simulate.electrons.kernels import cuda_shots

    as_installed.setattr(cuda_shots, "available", lambda: True)
    as_installed.setattr(cuda_shots, "free_bytes", lambda: 100 << 20)
    with pytest.raises(NotEnoughMemoryError, match="100 MiB"):
        GOLD.shot("cuda")


def test_refused_in_a_simulator_that_meets_compiled_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.simulate.electrons.kernels import cuda_shots

    monkeypatch.setattr(cuda_shots, "SIMULATED", True)
    monkeypatch.setattr(cuda_shots, "INTERPRETED", False)
    with pytest.raises(ParameterError, match="NUMBA_DISABLE_JIT"):
        GOLD.shot("cuda")


def test_no_other_device() -> None:
    with pytest.raises(ParameterError, match="no such device"):
        GOLD.shot("opencl")  # type: ignore[arg-type]


def test_every_electron_gets_a_thread() -> None:
    from core.simulate.electrons.kernels.cuda_shots import BLOCK, ELECTRONS_PER_THREAD, blocks_for

    for pixels, electrons in ((1, 1), (20, 18), (4000, 100), (7001, 33)):
        threads = pixels * -(-electrons // ELECTRONS_PER_THREAD)
        blocks = blocks_for((5, 5 + pixels, 9, 9 + electrons, 50, 0))
        assert blocks * BLOCK >= threads
        assert blocks == 128 or (blocks - 1) * BLOCK < threads


@pytest.mark.skipif(not INSTALLED, reason="numba-cuda is not installed")
def test_compiles_for_a_device_without_double_precision() -> None:
    # In a process of its own: says which device to compile for, where none is at hand.
    program = """
import types, numpy as np, numba, numba.cuda.dispatcher
from numba import cuda
from core.simulate.electrons.kernels import cuda_shots
from core.simulate.electrons.shoot import key_of
from tests.core.simulate.electrons.cuda_scenes import SCENES
numba.cuda.dispatcher.get_current_device = lambda: types.SimpleNamespace(compute_capability=(8, 0))
sums, numbers = np.zeros(4, np.int64), (0, 20, 0, 18, 5, key_of(1, ()))
arguments = [numba.typeof(value) for value in (numbers, SCENES["resin"].setting(), sums, sums, sums)]
try:
    kernel = cuda_shots.shooter(3).py_func
    code, _ = cuda.compile_ptx(kernel, numba.void(*arguments), device=False, cc=(8, 0))
except Exception as error:
    if "NotFound" in type(error).__name__:
        raise SystemExit(77) from error
    raise
print(code)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )  # fmt: skip
    if run.returncode == 77:
        pytest.skip("the libraries of the CUDA toolkit are not installed")
    assert run.returncode == 0, run.stderr
    assert "atom.global.add.u64" in run.stdout
    assert ".f64" not in run.stdout
    assert "call" not in run.stdout  # nothing of Python's run-time, no error to raise


def test_images_on_a_device_are_those_of_the_cpu() -> None:
    from core.simulate.electrons.kernels import cuda_shots

    if not INSTALLED or not cuda_shots.available():
        pytest.skip("no CUDA device")
    for scene in SCENES.values():
        here, there = (numbers_of(scene.shot(device)) for device in ("cpu", "cuda"))  # type: ignore[arg-type]
        # Fused multiply-adds change last bits, and with these the fate of one electron in some ten thousand:
        # of a scene here at most one, which a quarter of the numbers know of.
        assert np.mean(~np.isclose(here, there, rtol=1e-4)) < 0.25

"""Electrons on a CUDA device: the same electrons as on the CPU, by the same physics."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from core.errors import MissingExtraError, NotEnoughMemoryError, ParameterError
from core.volume import Array

_SPARE_BYTES = 256 << 20  # for the program on the device, the stacks of its threads and the sums
_MIB = 1 << 20


def device_shots(setting: tuple[Any, ...], detectors: int) -> Callable[[Any, Any], None]:
    """Bring the sample and its tables to the current CUDA device.

    Parameters
    ----------
    setting : tuple
        What `shoot.kernel_arguments` returns.
    detectors : int
        Number of detectors.

    Returns
    -------
    callable
        ``run(numbers, out)``: `numbers` from `first` to `key` and `out` as of `kernels.shots`, with `out`
        zero at first. Waits for the device. To be called from one thread at a time.

    Raises
    ------
    MissingExtraError
        If numba-cuda is not installed.
    ParameterError
        If there is no CUDA device that works.
    NotEnoughMemoryError
        If the sample does not fit into the memory of the device that is free.
    """
    check_device()
    from core.simulate.electrons.kernels import cuda_shots

    _check_memory(setting, cuda_shots.free_bytes())
    kernel, there = cuda_shots.shooter(detectors), cuda_shots.upload(setting)

    def run(numbers: tuple[Any, ...], out: tuple[Array, Array, Array]) -> None:
        cuda_shots.launch(kernel, numbers, there, out)

    return run


def check_device() -> None:
    """Make sure that a CUDA device can be used.

    Raises
    ------
    MissingExtraError, ParameterError
        As `device_shots`.
    """
    from core.simulate.electrons.kernels import cuda_shots

    if cuda_shots.SIMULATED:
        if not cuda_shots.INTERPRETED:
            raise ParameterError(
                "numba's simulator of CUDA cannot call compiled functions",
                remedy="set NUMBA_DISABLE_JIT=1 beside NUMBA_ENABLE_CUDASIM=1",
            )
        return
    if find_spec("numba_cuda") is None:
        raise MissingExtraError(
            "simulating on a GPU needs numba-cuda, which is not installed",
            remedy='install the extra: pip install "trueslice[gpu]"; or simulate on the CPU',
        )
    if not cuda_shots.available():
        raise ParameterError(
            "there is no CUDA device to simulate on",
            expected="an NVIDIA GPU with its driver, and the libraries of the extra gpu",
            got="none that answers",
            remedy="`numba -s` says what was found; or simulate on the CPU",
        )


def _check_memory(setting: tuple[Any, ...], free: float) -> None:
    needed = sum(part.nbytes for part in setting if isinstance(part, np.ndarray)) + _SPARE_BYTES
    if needed > free:
        raise NotEnoughMemoryError(
            "the sample does not fit into the memory of the GPU",
            expected=f"{needed / _MIB:.0f} MiB free",
            got=f"{free / _MIB:.0f} MiB",
            remedy="larger voxels, a smaller field, fewer programs on the GPU, or simulating on the CPU",
        )

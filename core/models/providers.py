"""Which processors onnxruntime can really use here, found out without noise on the terminal."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import io
import sys
from typing import Any, Literal, TypeAlias

from core import machine

Wanted: TypeAlias = Literal["auto", "cpu", "gpu"]
Provider: TypeAlias = tuple[str, dict[str, str]]

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
COREML = "CoreMLExecutionProvider"
NAMES = {CPU: "CPU", CUDA: "CUDA", COREML: "CoreML"}
"""What people call them."""

_OPTIONS: dict[str, dict[str, str]] = {
    # TF32 has 10 bits of mantissa: results would be off by more than 1e-4. Trying every algorithm for each
    # new shape of tile costs seconds.
    CUDA: {
        "use_tf32": "0",
        "cudnn_conv_algo_search": "HEURISTIC",
        "arena_extend_strategy": "kSameAsRequested",
    },
    # The Neural Engine computes in half precision.
    COREML: {"ModelFormat": "MLProgram", "MLComputeUnits": "CPUAndGPU"},
}


def load_runtime() -> Any:
    """The module onnxruntime, told to keep quiet and to send nothing home."""
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    onnxruntime.disable_telemetry_events()
    return onnxruntime


def accelerators(wanted: Wanted) -> tuple[Provider, ...]:
    """Providers worth trying before the processor, best first; empty for ``"cpu"``."""
    return () if wanted == "cpu" else _usable()


def effective(wanted: Wanted) -> Wanted:
    """What is asked for here: a choice for the whole computer decides where a step leaves it open."""
    return machine.device() if wanted == "auto" else wanted


@functools.cache
def why_no_card() -> str:
    """Why networks cannot compute on a graphics card here, in words; empty where they seem to be able to.

    Nothing is opened but libraries, so that nothing is written to the terminal.
    """
    if _usable():
        return ""
    runtime = load_runtime()
    if CUDA not in runtime.get_available_providers():
        return "this build of onnxruntime knows no graphics card"
    if not _has_nvidia_gpu():
        return "there is no NVIDIA card, or its driver is not installed"
    missing = _missing_cuda_libraries(runtime)
    return f"there is an NVIDIA card, but onnxruntime lacks the libraries {', '.join(missing)}"


@functools.cache
def _usable() -> tuple[Provider, ...]:
    runtime = load_runtime()
    listed = runtime.get_available_providers()
    found = []
    if CUDA in listed and _has_nvidia_gpu() and not _missing_cuda_libraries(runtime):
        found.append(CUDA)
    if COREML in listed:
        found.append(COREML)
    return tuple((name, _OPTIONS[name]) for name in found)


def _has_nvidia_gpu() -> bool:
    """Whether the driver is there and knows at least one device."""
    driver = _library("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    if driver is None:
        return False
    count = ctypes.c_int(0)
    try:
        return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0
    except AttributeError:  # a library of that name which is no driver
        return False


def _missing_cuda_libraries(runtime: Any) -> tuple[str, ...]:
    """What the CUDA part of onnxruntime stands on and cannot be loaded.

    The package lists CUDA also where its libraries are missing, and complains at length when it is asked to
    use it; so they are looked for first.
    """
    nowhere = io.StringIO()
    with (
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
        contextlib.suppress(Exception),
    ):
        runtime.preload_dlls()  # takes those of the packages nvidia-*, if they are installed
    major = str(getattr(runtime, "cuda_version", "") or "12").split(".")[0]
    if sys.platform == "win32":
        names = (f"cudart64_{major}.dll", f"cublasLt64_{major}.dll", "cudnn64_9.dll")
    else:
        names = (f"libcudart.so.{major}", f"libcublasLt.so.{major}", "libcudnn.so.9")
    return tuple(name for name in names if _library(name) is None)


def _library(name: str) -> Any:
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None

"""How much memory graphics cards have free, asked of the driver."""

from __future__ import annotations

import ctypes
import functools
import sys


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


@functools.cache
def free_video_bytes() -> int | None:
    """Free memory of the fullest NVIDIA card in bytes, as it was when first asked; None where nobody knows.

    Through NVML, which is part of the driver: no other library is needed.
    """
    try:
        nvml = ctypes.CDLL("nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1")
        if nvml.nvmlInit_v2() != 0:
            return None
        count = ctypes.c_uint(0)
        if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
            return None
        free = [_free_of(nvml, index) for index in range(count.value)]
    except (OSError, AttributeError):
        return None
    known = [size for size in free if size is not None]
    return min(known, default=None)


def _free_of(nvml: ctypes.CDLL, index: int) -> int | None:
    handle, memory = ctypes.c_void_p(), _Memory()
    found = nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(handle)) == 0
    if not found or nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) != 0:
        return None
    return int(memory.free)

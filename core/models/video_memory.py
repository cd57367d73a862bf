"""Which graphics cards there are and how much memory they have free, asked of the driver."""

from __future__ import annotations

import ctypes
import functools
import sys
from dataclasses import dataclass

_NAME_BYTES = 96


@dataclass(frozen=True)
class VideoCard:
    """A graphics card: its name, and its memory in bytes."""

    name: str
    total: int
    free: int


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


@functools.cache
def free_video_bytes() -> int | None:
    """Free memory of the fullest NVIDIA card in bytes when it was first asked; None where nobody knows."""
    return min((card.free for card in video_cards()), default=None)


def video_cards() -> tuple[VideoCard, ...]:
    """NVIDIA cards, as they are now; none where nobody knows.

    Through NVML, which is part of the driver: no other library is needed.
    """
    try:
        nvml = ctypes.CDLL("nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1")
        if nvml.nvmlInit_v2() != 0:
            return ()
        count = ctypes.c_uint(0)
        if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
            return ()
        found = [_card(nvml, index) for index in range(count.value)]
    except (OSError, AttributeError):
        return ()
    return tuple(card for card in found if card is not None)


def _card(nvml: ctypes.CDLL, index: int) -> VideoCard | None:
    handle, memory = ctypes.c_void_p(), _Memory()
    found = nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(handle)) == 0
    if not found or nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) != 0:
        return None
    name = ctypes.create_string_buffer(_NAME_BYTES)
    named = nvml.nvmlDeviceGetName(handle, name, ctypes.c_uint(_NAME_BYTES)) == 0
    told = name.value.decode("utf-8", "replace") if named else "a card without a name"
    return VideoCard(told, int(memory.total), int(memory.free))

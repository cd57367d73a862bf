"""Where a training runs, with which precision, and how to tell that its memory is full."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch
from torch import nn

from core import machine
from core.errors import ParameterError
from core.learn.params.optimise import Precision

DeviceName: TypeAlias = Literal["auto", "cpu", "cuda", "mps"]
_MOST_WORKERS = 8
_FULL = ("out of memory", "not enough memory", "can't allocate memory")


@dataclass(frozen=True)
class Machine:
    """What does not belong to a recipe; the number of threads still changes the last digits of sums.

    Attributes
    ----------
    device : {'auto', 'cpu', 'cuda', 'mps'}
        Auto: the processor where `core.machine` says so, else CUDA where it is there, else MPS, else the
        processor.
    threads : int or None
        Threads of the processor that calculate at once; None: as `core.machine` says, else as many as PyTorch
        takes.
    """

    device: DeviceName = "auto"
    threads: int | None = None

    @property
    def stated_threads(self) -> int | None:
        """Threads that somebody has asked for, for this training or for the whole program."""
        return self.threads or machine.stated_threads()


def chosen_device(name: DeviceName) -> torch.device:
    """The device that is meant.

    Raises
    ------
    ParameterError
        If there is no such device here.
    """
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto" and machine.device() == "cpu":
        return torch.device("cpu")
    if name == "auto":
        return torch.device(next(kind for kind, there in present.items() if there))
    if not present[name]:
        raise ParameterError(
            f"PyTorch finds no {name} device here",
            expected=" or ".join(kind for kind, there in present.items() if there),
            got=name,
            remedy="train with --device cpu, or install the PyTorch that fits the graphics card",
        )
    return torch.device(name)


def uses_bfloat16(device: torch.device, precision: Precision) -> bool:
    """Whether products are calculated in bfloat16: where there are instructions for it.

    It has the range of float32, so that gradients need no scaling, unlike float16.
    """
    if precision == "float32":
        return False
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        able = torch.cpu.get_capabilities()
        return bool(able.get("avx512_bf16") or able.get("amx_bf16"))
    return False


@contextlib.contextmanager
def calculating(device: torch.device, threads: int | None) -> Iterator[None]:
    """Calculate repeatably in this block; what holds for the whole process is put back afterwards."""
    before = torch.get_num_threads()
    cudnn = (torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark)
    devices = [torch.cuda.current_device()] if device.type == "cuda" else []
    try:
        if threads is not None:
            torch.set_num_threads(threads)
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        torch.set_num_threads(before)
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = cudnn


def batch_workers(device: torch.device) -> int:
    """Threads that make batches: one beside a processor that calculates, more beside a graphics card."""
    return 1 if device.type == "cpu" else max(1, min(_MOST_WORKERS, machine.threads() - 1))


def is_out_of_memory(error: Exception) -> bool:
    """Whether it says that memory is full; the kind of error differs between devices."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(part in str(error).lower() for part in _FULL)


def free_cache(device: torch.device) -> None:
    """Give back what the allocator keeps for later."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def settle(network: nn.Module, device: torch.device) -> None:
    """Move a network there; weights of planes lie with the channel last, like the images."""
    network.to(device)
    for weight in network.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)


def on_device(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """The tensor there; planes lie with the channel last, which convolutions of the processor prefer."""
    if tensor.dim() == 4:
        return tensor.to(device, memory_format=torch.channels_last)
    return tensor.to(device)

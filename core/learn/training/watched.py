"""A network that can be stopped in the middle of its work."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from core.job import Job


@contextlib.contextmanager
def watched(network: nn.Module, job: Job) -> Iterator[None]:
    """In this block every layer, forwards and backwards, first asks whether to stop.

    A batch of a network in the volume takes many seconds on a processor.
    """

    def before(_module: nn.Module, _inputs: Any) -> None:
        job.check()

    def after(_module: nn.Module, _inputs: Any, output: Any) -> None:
        if isinstance(output, torch.Tensor) and output.requires_grad:
            output.register_hook(lambda _gradient: job.check())

    leaves = [module for module in network.modules() if not any(True for _ in module.children())]
    hooks = [module.register_forward_pre_hook(before) for module in leaves]
    hooks += [module.register_forward_hook(after) for module in leaves]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()

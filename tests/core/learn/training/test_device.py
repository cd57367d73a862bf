"""What a training computes with."""

from __future__ import annotations

import pytest
import torch

from core import machine
from core.learn.training.device import Machine, chosen_device


def test_the_limit_of_the_program_holds_for_training_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Machine().stated_threads is None
    monkeypatch.setenv(machine.THREADS, "2")
    assert (Machine().stated_threads, Machine(threads=3).stated_threads) == (2, 3)
    monkeypatch.setenv(machine.DEVICE, "cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert chosen_device("auto").type == "cpu"

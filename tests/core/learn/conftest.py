"""Networks of tests are tiny: threads would cost more than they give, and chance is repeatable."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def one_thread_and_one_seed() -> None:
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)

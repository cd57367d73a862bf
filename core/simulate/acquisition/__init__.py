"""Whole virtual acquisitions: every slice at every voltage, with everything known about them."""

from __future__ import annotations

from core.simulate.acquisition.acquire import Acquired, acquire
from core.simulate.acquisition.cost import Cost, estimate_cost

__all__ = ["Acquired", "Cost", "acquire", "estimate_cost"]

"""``trueslice simulate ...``: the virtual microscope."""

from __future__ import annotations

from typing import Any

from core.commands import (
    simulate_acquisition,
    simulate_image,
    simulate_sections,
    simulate_structure,
    simulate_surrogate,
    simulate_training_set,
    simulate_yield,
)


def add(subparsers: Any) -> None:
    """Add the group of sub-commands."""
    text = "Virtual samples, images and whole acquisitions with known truth."
    parser = subparsers.add_parser("simulate", help=text, description=text)
    group = parser.add_subparsers(dest="simulation", required=True, metavar="WHAT")
    for module in (
        simulate_structure,
        simulate_image,
        simulate_acquisition,
        simulate_training_set,
        simulate_sections,
        simulate_yield,
        simulate_surrogate,
    ):
        module.add(group)

"""Bars with their values for transport along the three axes."""

from __future__ import annotations

from collections.abc import Sequence

from core.measure.results import AxisTransport, TransportResult
from core.reports.pictures import Bar, Panel

AXES = ("z", "y", "x")


def transport_panels(phase: str, results: Sequence[tuple[int, TransportResult]]) -> tuple[Panel, ...]:
    """Two panels for one phase: conductivity, and both tortuosities.

    Parameters
    ----------
    phase : str
        Its name.
    results : sequence of (int, TransportResult)
        With the number of the result, which is its colour. None: no panels.
    """
    if not results:
        return ()
    conductivity, tortuosity = [], []
    for axis in AXES:
        for place, (index, found) in enumerate(results):
            along: AxisTransport = getattr(found, axis)
            label = axis if place == 0 else ""
            conductivity.append(_bar(label, along.conductivity, index))
            tortuosity.append(_bar(label, along.diffusive_tortuosity, index))
            tortuosity.append(_bar("", along.geometric_tortuosity, index, hatched=True))
    return (
        Panel(phase, "effective conductivity (share)", "along", bars=tuple(conductivity)),
        Panel(phase, "tortuosity", "along", bars=tuple(tortuosity)),
    )


def _bar(label: str, value: float | None, colour: int, *, hatched: bool = False) -> Bar:
    text = "no way through" if value is None else f"{value:.3g}"
    return Bar(label, value, text, colour, hatched)

"""The share of work that fits the time, and what a driver must offer."""

from __future__ import annotations

import pytest

from app.canvas.gl import GlFacts, NoOpenGLError, checked
from app.canvas.pace import COARSEST, Pace


def test_a_fast_driver_draws_everything_at_once() -> None:
    pace = Pace()
    for _ in range(20):
        pace.learn(1_000_000, 0.002)
    assert pace.quick_scale(1600, 1000) == 1.0
    assert pace.quick_scale(1600, 1000, finest=2.0) == 2.0


def test_a_slow_driver_draws_coarsely_and_in_strips_within_the_time() -> None:
    pace = Pace(target_s=0.03)
    for _ in range(20):
        pace.learn(100_000, 0.2)
    scale = pace.quick_scale(800, 600)
    assert COARSEST < scale < 0.3
    assert 800 * 600 * scale**2 * 2e-6 == pytest.approx(0.03, rel=0.05)
    rows = pace.strip_rows(800, 1.0)
    assert 2 <= rows < 40
    assert rows * 800 * 2e-6 <= 0.035


def test_it_slows_down_at_once_and_speeds_up_gradually() -> None:
    pace = Pace(seconds_per_pixel=1e-8)
    pace.learn(1000, 1e-3)
    slow = pace.seconds_per_pixel
    assert slow > 0.7e-6
    pace.learn(1000, 1e-5)
    assert pace.seconds_per_pixel > 0.5 * slow


@pytest.mark.parametrize(
    ("renderer", "software"),
    [
        ("llvmpipe (LLVM 15.0.6, 256 bits)", True),
        ("GDI Generic", True),
        ("Microsoft Basic Render Driver", True),
        ("NVIDIA H200/PCIe/SSE2", False),
        ("Mesa Intel(R) UHD Graphics 620", False),
    ],
)
def test_software_drivers_get_smaller_volumes(renderer: str, software: bool) -> None:
    facts = checked(renderer, "4.5 (Core Profile) Mesa", 2048, embedded=False)
    assert facts.software is software
    assert facts.texture_bytes == (16 << 20 if software else 256 << 20)


@pytest.mark.parametrize(
    ("version", "largest", "embedded"),
    [
        ("1.1.0", 2048, False),
        ("2.0 Mesa", 2048, False),
        ("4.5", 0, False),
        ("OpenGL ES 3.2", 2048, True),
        ("", 1, False),
    ],
)
def test_old_drivers_are_refused_with_words(version: str, largest: int, embedded: bool) -> None:
    with pytest.raises(NoOpenGLError, match="slice views and everything else work") as said:
        checked("GDI Generic", version, largest, embedded=embedded)
    assert "GDI Generic" in str(said.value)


def test_new_enough_is_enough() -> None:
    assert checked("card", "2.1 Metal", 2048, embedded=False) == GlFacts("card", "2.1 Metal", 2048)

"""Virtual cross-sections with a ruler, made slice by slice when read: quick, and the truth is known."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from core.volume import ALL, Array, Shape, Volume, VolumeInfo

WAVES = 30
CURTAIN_EVERY_PX, CURTAIN_SLICES = 40, 8


def _steps(x: Array, at: float, blur: float) -> Array:
    """Mean over pixels of a blurred unit step."""
    from scipy.special import ndtr

    def integral(t: Array) -> Array:
        return t * ndtr(t / blur) + blur * np.exp(-0.5 * (t / blur) ** 2) / math.sqrt(2 * math.pi)

    found: Array = integral(x - at + 0.5) - integral(x - at - 0.5)
    return found


def _wandering(random: np.random.Generator, n: int, sd: float, slices: float) -> Array:
    """Random numbers that are correlated along z, exactly `sd` wide on average."""
    keep = math.exp(-1 / slices)
    values = np.empty(n)
    values[0] = random.normal()
    for i in range(1, n):
        values[i] = keep * values[i - 1] + math.sqrt(1 - keep * keep) * random.normal()
    return sd * values


@dataclass(frozen=True)
class VirtualRuler:
    """What is imaged; `Source` of the voxels.

    Grey: vacuum 20, cap 90, marks `cap + contrast`, structure 40 or 150 below the cap.
    """

    slices: int = 60
    pixel_nm: float = 5.0
    angle_deg: float = 30.0
    cnr: float = 4.0
    inclined: str = "mirrored"
    seed: int = 1
    mean_nm: float = 10.16
    sd_nm: float = 3.12
    mark_width_nm: float = 120.0
    mark_depth_nm: float = 500.0
    above_nm: float = 60.0
    below_nm: float = 150.0
    structure_nm: float = 500.0
    contrast: float = 60.0
    blur_px: float = 0.35
    jitter_px: float = 1.0
    drift_px: float = 20.0
    jump_at: int | None = None
    jump_px_yx: tuple[float, float] = (0.0, 0.0)
    wander_nm: float = 0.0
    wander_slices: float = 8.0
    taper: float = 0.0
    curtain: float = 0.0
    brightness: float = 0.0
    magnify: float = 0.0
    slant_px: float = 0.0
    blank: tuple[int, ...] = ()
    missing_marks: tuple[int, ...] = ()
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(np.uint16))

    @cached_property
    def z_nm(self) -> Array:
        """True position of every slice from the first."""
        shape = (self.mean_nm / self.sd_nm) ** 2
        steps = np.random.default_rng((self.seed, 1)).gamma(shape, self.mean_nm / shape, self.slices - 1)
        found: Array = np.concatenate([[0.0], np.cumsum(steps)])
        return found

    @cached_property
    def tan(self) -> float:
        return math.tan(math.radians(self.angle_deg))

    @cached_property
    def travel_px(self) -> float:
        return self.slices * self.mean_nm * 1.25 * self.tan / self.pixel_nm

    @cached_property
    def width_px(self) -> float:
        return self.mark_width_nm / self.pixel_nm

    @cached_property
    def columns(self) -> int:
        side = 2 * self.drift_px + 6 * self.jitter_px + abs(self.jump_px_yx[1]) + 20
        gaps = 12 * self.width_px
        ways = 2 if self.inclined == "mirrored" else 1
        return int(2 * side + gaps + ways * self.travel_px)

    @cached_property
    def first_px(self) -> tuple[float, float, float, float]:
        """Centres on the first slice, without drift."""
        side = 2 * self.drift_px + 6 * self.jitter_px + abs(self.jump_px_yx[1]) + 20
        left, right = side + self.width_px, self.columns - side - self.width_px
        step = 2.5 * self.width_px
        inner = (left + step, right - step if self.inclined == "mirrored" else left + 2 * step)
        return left, inner[0], inner[1], right

    @cached_property
    def rows(self) -> int:
        tall = self.above_nm + self.mark_depth_nm + self.below_nm + self.structure_nm
        return int(tall / self.pixel_nm) + 2 * int(self.drift_px / 4 + abs(self.jump_px_yx[0]))

    @property
    def shape(self) -> Shape:
        return self.slices, self.rows, self.columns

    @cached_property
    def drift_px_yx(self) -> Array:
        random = np.random.default_rng((self.seed, 2))
        n = self.slices
        slow = np.sin(np.linspace(0, random.uniform(2, 5), n) + random.uniform(0, 6)) * self.drift_px
        found = np.stack([slow / 4, slow], axis=1) + random.normal(0, self.jitter_px, (n, 2)) * [0.3, 1]
        if self.jump_at is not None:
            found[self.jump_at :] += self.jump_px_yx
        return found - found[0] * [0, 1]

    @cached_property
    def centres_px(self) -> Array:
        """True centres (slices, 4), with drift and magnification, without wandering."""
        slopes = np.array([0.0, 1.0, -1.0 if self.inclined == "mirrored" else 1.0, 0.0])
        still = np.array(self.first_px) + self.z_nm[:, None] * self.tan / self.pixel_nm * slopes
        middle = self.columns / 2
        scale = 1 + self.magnify * np.linspace(0, 1, self.slices)
        found: Array = middle + (still - middle) * scale[:, None] + self.drift_px_yx[:, 1:]
        return found

    @cached_property
    def edges_px(self) -> Array:
        """Edges of the marks (slices, 4, 2)."""
        random = np.random.default_rng((self.seed, 3))
        width = self.width_px * (1 + self.taper * np.linspace(0, 1, self.slices))
        half = 0.5 * width[:, None]
        edges = np.stack([self.centres_px - half, self.centres_px + half], axis=2)
        if self.wander_nm:
            for m in range(4):
                for side in range(2):
                    wander = _wandering(random, self.slices, self.wander_nm, self.wander_slices)
                    edges[:, m, side] += wander / self.pixel_nm
        return edges

    @cached_property
    def _waves(self) -> tuple[Array, Array, Array]:
        random = np.random.default_rng((self.seed, 4))
        way = random.normal(size=(WAVES, 3))
        way *= 2 * math.pi / 130 / np.linalg.norm(way, axis=1, keepdims=True)
        return way, random.uniform(0, 2 * math.pi, WAVES), random.normal(size=WAVES)

    def _structure(self, z: int, rows: int) -> Array:
        way, phase, _ = self._waves
        nm = self.pixel_nm
        dy, dx = self.drift_px_yx[z]
        x = (np.arange(self.columns) - dx - self.slant_px * z) * nm
        y = (np.arange(rows) - dy) * nm
        down = np.exp(1j * np.outer(y, way[:, 1])).astype(np.complex64)
        across = np.outer(way[:, 2], x) + (phase + way[:, 0] * self.z_nm[z])[:, None]
        across = np.exp(1j * across).astype(np.complex64)
        return np.where((down @ across).real > 0.3 * math.sqrt(WAVES / 2), 150.0, 40.0)

    @cached_property
    def y_px(self) -> tuple[float, float, float]:
        """Rows where cap begins, marks end and cap ends, without drift."""
        top = self.above_nm / self.pixel_nm + abs(min(0.0, self.jump_px_yx[0])) + self.drift_px / 4
        end = top + self.mark_depth_nm / self.pixel_nm
        return top, end, end + self.below_nm / self.pixel_nm

    @cached_property
    def _curtains(self) -> Array:
        """First slice, last slice, x, width and share of the contrast of every curtain."""
        random = np.random.default_rng((self.seed, 6))
        n = random.poisson(self.columns / CURTAIN_EVERY_PX * (self.slices / CURTAIN_SLICES + 1))
        first = random.uniform(-2 * CURTAIN_SLICES, self.slices, n)
        return np.stack(
            [
                first,
                first + random.exponential(CURTAIN_SLICES, n),
                random.uniform(0, self.columns, n),
                random.uniform(1.5, 4.5, n),
                random.normal(0, self.curtain, n),
            ],
            axis=1,
        )

    def _stripes(self, z: int) -> Array:
        first, last, at, width, share = self._curtains.T
        here = (first <= z) & (z <= last)
        x = np.arange(self.columns)
        across = np.exp(-0.5 * ((x[:, None] - at[here]) / width[here]) ** 2)
        found: Array = across @ share[here]
        return found

    @lru_cache(maxsize=12)  # noqa: B019 - a few planes only
    def plane(self, z: int) -> Array:
        """One slice, shape (y, x)."""
        random = np.random.default_rng((self.seed, 5, z))
        if z in self.blank:
            return np.full(self.shape[1:], 12, self.dtype)
        rows = self.rows
        y = np.arange(rows, dtype=float)
        dy = self.drift_px_yx[z, 0]
        top, end, bottom = (_steps(y, at + dy, self.blur_px) for at in self.y_px)
        x = np.arange(self.columns, dtype=float)
        marks = np.zeros(self.columns)
        for m in range(4):
            if m not in self.missing_marks:
                left, right = self.edges_px[z, m]
                marks += _steps(x, left, self.blur_px) - _steps(x, right, self.blur_px)
        plane = 20 + 70 * (top - bottom)[:, None] + self.contrast * np.outer(top - end, marks)
        plane += bottom[:, None] * (self._structure(z, rows) - 20)
        if self.curtain:
            plane += self.contrast * np.outer(top, self._stripes(z))
        if self.brightness:
            slow = math.sin(4 * z / self.slices) + (0.5 if (z // 17) % 2 else 0.0)
            plane = plane * (1 + self.brightness * slow) + 10 * self.brightness * slow
        plane += random.normal(0, abs(self.contrast) / self.cnr, plane.shape)
        if self.dtype.kind == "f":
            return plane.astype(self.dtype)
        if self.dtype == np.uint16:
            plane = plane * 50 + 5000
        limits = np.iinfo(self.dtype)
        return np.clip(np.rint(plane), limits.min, limits.max).astype(self.dtype)

    def __hash__(self) -> int:
        return id(self)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        return np.stack([self.plane(i)[y, x] for i in range(*z.indices(self.slices))])

    def volume(self) -> Volume:
        return Volume(VolumeInfo(self.shape, self.dtype, (None, self.pixel_nm, self.pixel_nm)), self)

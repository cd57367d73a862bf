"""How slices are matched: what is fitted, to which slices, and where in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.boxes import Box
from core.errors import ParameterError

Model: TypeAlias = Literal["translation", "rigid", "affine"]
Reference: TypeAlias = Literal["window", "previous", "fixed"]
Picture: TypeAlias = Literal["grey", "inverted", "gradient"]

LEAST_SIDE_PX = 24


@dataclass(frozen=True)
class AlignOptions:
    """How a stack is registered.

    Attributes
    ----------
    model : {'translation', 'rigid', 'affine'}
        What moves a slice.
    reference : {'window', 'previous', 'fixed'}
        What each slice is measured against: several slices before it, the one before it, or one slice.
    window_slices : int
        Slices before each that it is measured against, with ``window``.
    reference_slice : int
        The slice that all others are measured against, with ``fixed``.
    region : tuple of Box
        Only these boxes are looked at (a fiducial, the ruler); none: everything. They follow the content from
        the first slice on.
    exclude : tuple of Box
        These boxes are not looked at (the porous face); they follow likewise.
    smoothing_px : float
        Standard deviation of the Gauss filter before slices are matched, in px.
    destripe : bool or None
        Whether slow changes along columns are taken out, so that curtains, which stay where they are, do not
        hold the content; None: only without a region, as a mark can be an upright edge itself.
    background_px : int
        Shading wider than 1 / 6 of the shorter side, or than this, is taken out.
    picture : {'grey', 'inverted', 'gradient'}
        What is matched: grey values, these with dark for bright, or the steepness of the grey values.
    """

    model: Model = "translation"
    reference: Reference = "window"
    window_slices: int = 3
    reference_slice: int = 0
    region: tuple[Box, ...] = ()
    exclude: tuple[Box, ...] = ()
    smoothing_px: float = 1.0
    destripe: bool | None = None
    background_px: int = 128
    picture: Picture = "grey"

    def check(self, slices: int, shape_yx: tuple[int, int]) -> None:
        """Refuse what does not fit a stack.

        Raises
        ------
        ParameterError
            If slices are too small, a box lies outside them, or the reference slice does not exist.
        """
        if min(shape_yx) < LEAST_SIDE_PX:
            raise ParameterError(
                "registration: the slices are too small",
                expected=f"at least {LEAST_SIDE_PX} px each way",
                got=shape_yx,
            )
        if not 0 <= self.reference_slice < slices:
            raise ParameterError(
                "registration: no such reference slice",
                expected=f"0-{slices - 1}",
                got=self.reference_slice,
            )
        if self.window_slices < 1 or not 0.3 <= self.smoothing_px <= 20:
            raise ParameterError(
                "registration: window or smoothing out of their limits",
                expected="window_slices >= 1, smoothing 0.3-20 px",
                got=(self.window_slices, self.smoothing_px),
            )
        for box in (*self.region, *self.exclude):
            _check_box(box, shape_yx)

    @property
    def removes_stripes(self) -> bool:
        """Whether slow changes along columns are taken out."""
        return not self.region if self.destripe is None else self.destripe

    @property
    def reach(self) -> int:
        """Slices before each that it is measured against."""
        return self.window_slices if self.reference == "window" else 1


def _check_box(box: Box, shape_yx: tuple[int, int]) -> None:
    y0, y1, x0, x1 = box
    if not (0 <= y0 < y1 <= shape_yx[0] and 0 <= x0 < x1 <= shape_yx[1]):
        raise ParameterError(
            "registration: a box lies outside the slices",
            expected=f"0 <= y0 < y1 <= {shape_yx[0]}, 0 <= x0 < x1 <= {shape_yx[1]}",
            got=box,
        )

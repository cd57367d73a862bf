"""What the training of a network that fills gaps is made of, in one file."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator
from pydantic import Field as PydanticField

from core.learn.params.optimise import OptimiseParams
from core.models.texts import CardTexts
from core.params import Params, param
from core.simulate.plan_file import PlanFile

GOLD_SLICES_PX = (10.16 / 2.5, 3.12 / 2.5)
"""Mean distance of slices of article II, and its standard deviation."""
_LEAST_SLICE_PX = 1.5


def _rising(value: tuple[float, float]) -> tuple[float, float]:
    if not 0 < value[0] <= value[1]:
        raise ValueError("two numbers above 0, the least first")
    return value


Range: TypeAlias = Annotated[tuple[float, float], AfterValidator(_rising)]
"""Least and greatest value, above 0."""


class ShapeNetworkParams(Params):
    """Size of the network; see `core.learn.networks.inpainting.ShapeNetwork`."""

    reach_px: int = param(
        4, ge=1, le=12, label="Reach", unit="px", description="How far it looks to each side in the plane."
    )
    widths: tuple[int, ...] = param(
        (128, 64, 32),
        min_length=1,
        max_length=6,
        label="Widths",
        description="Feature maps of its layers; the first looks at windows, the others at single pixels.",
    )


class GapParams(Params):
    """Structures, and the slices drawn through them. Lengths are in pixels: none is tied to a scale."""

    structures: int = param(
        144, ge=1, le=10_000, label="Structures", description="Number of structures to train with."
    )
    validation: int = param(
        16, ge=1, le=1000, label="For validation", description="Number of further structures to choose by."
    )
    gold: float = param(
        0.5,
        ge=0,
        le=1,
        label="Share of gold",
        description="Share of structures and slices as in article II: hierarchical, ligaments of 44 and 6 "
        "px, slices 4.06 +- 1.25 px apart. The others are of many kinds, sizes and solid fractions.",
    )
    ligament_px: Range = param(
        (4.5, 16.0), label="Ligament size", unit="px", description="Least and greatest of the others."
    )
    distance: Range = param(
        (0.3, 1.0),
        label="Distance of slices",
        description="Least and greatest mean distance of slices in ligament sizes, for the others.",
    )
    spread: Range = param(
        (0.05, 0.5),
        label="Spread of distances",
        description="Least and greatest standard deviation by mean of the distances, for the others.",
    )
    depth_px: int = param(64, ge=16, le=512, label="Depth", unit="px", description="Planes of a structure.")
    side_px: int = param(192, ge=64, le=1024, label="Side", unit="px", description="Of their planes.")
    windows: int = param(
        256, ge=1, le=4096, label="Windows", description="Windows drawn from one plane, at its edges."
    )
    batches_per_epoch: int = param(
        250, ge=1, le=100_000, label="Batches", description="Steps of the optimiser between validations."
    )

    def mean_slice_px(self, ligament_px: float, share: float) -> float:
        """Mean distance of the slices of a structure that is not like gold.

        Parameters
        ----------
        ligament_px, share : float
            Its ligament size, and a value of `distance`.
        """
        return max(_LEAST_SLICE_PX, ligament_px * share)

    @property
    def slices_px(self) -> tuple[float, float]:
        """Least and greatest mean distance of slices."""
        ends = zip(self.ligament_px, self.distance, strict=True)
        found = [self.mean_slice_px(size, share) for size, share in ends] if self.gold < 1 else []
        found += [GOLD_SLICES_PX[0]] if self.gold else []
        return min(found), max(found)


def model_name(default: str) -> Any:
    """Declare the name of a model."""
    return param(
        default,
        label="Name",
        description="Name of the model: small letters, digits, and . _ - within.",
        pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$",
    )


class GapRecipe(PlanFile):
    """What the recipes of all networks that fill gaps state."""

    name: str = model_name("fill")
    version: int = param(1, ge=1, le=9999, label="Version", description="Version of the model.")
    seed: int = param(
        1,
        ge=0,
        le=2**31 - 1,
        label="Seed",
        description="Structures, what is cut out of them, and first weights follow from it.",
    )
    optimise: OptimiseParams = PydanticField(
        default_factory=OptimiseParams,
        title="Optimisation",
        description="The loss is that of the network, whatever is stated",
    )
    card: CardTexts = PydanticField(default_factory=CardTexts, title="Card")
    test_structures: int = param(
        2, ge=0, le=100, label="Test", description="Structures of article II that the model is measured with."
    )

    @property
    def reach_px(self) -> int:
        """Pixels that the network looks to each side."""
        raise NotImplementedError

    def identity(self) -> dict[str, Any]:
        """What makes the weights beside seed and optimiser; one part is ``network``."""
        raise NotImplementedError


class FillingRecipe(GapRecipe):
    """A training from nothing to a tested model. The defaults are those of the bundled model."""

    name: str = model_name("fill-shapes")
    network: ShapeNetworkParams = PydanticField(default_factory=ShapeNetworkParams, title="Network")
    gaps: GapParams = PydanticField(default_factory=GapParams, title="Gaps")
    optimise: OptimiseParams = PydanticField(
        default_factory=lambda: OptimiseParams(
            batch_size=2048, epochs=60, learning_rate=3e-3, weight_decay=1e-3, precision="float32"
        ),
        title="Optimisation",
        description="Loss is cross entropy, whatever is stated: a pixel near an edge is a matter of chance",
    )
    card: CardTexts = PydanticField(
        default_factory=lambda: CardTexts(
            title="Planes between slices from shapes",
            authors=("Trueslice contributors",),
            licence="MIT",
            architecture="Window of 9 x 9 px, then perceptron per pixel; corrects shape-based interpolation",
        ),
        title="Card",
    )

    @property
    def reach_px(self) -> int:
        """Pixels that the network looks to each side."""
        return self.network.reach_px

    def identity(self) -> dict[str, Any]:
        """What makes the weights beside seed and optimiser."""
        return {part: getattr(self, part).model_dump(mode="json") for part in ("network", "gaps")}

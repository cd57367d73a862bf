"""What the training of a network for grey planes is made of, in one file."""

from __future__ import annotations

from typing import Any

from pydantic import Field as PydanticField
from pydantic import field_validator

from core.learn.inpainting.recipe import GapParams, GapRecipe, Range, model_name
from core.learn.params.optimise import OptimiseParams
from core.models.texts import CardTexts
from core.params import Params, param


class GreyNetworkParams(Params):
    """Size of the network; see `core.learn.networks.inpainting_grey.GreyNetwork`."""

    width: int = param(32, ge=1, le=256, label="Width", description="Feature maps of each layer.")
    first_px: int = param(
        5, ge=1, le=15, label="First kernels", unit="px", description="Their side, an odd number."
    )
    steps: tuple[int, ...] = param(
        (1, 2, 2, 1),
        max_length=16,
        label="Steps",
        description="Distance of the taps of each further layer, in px.",
    )

    @field_validator("first_px")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("an odd number, so that there is a middle")
        return value

    @property
    def reach_px(self) -> int:
        """Pixels that it looks to each side."""
        return self.first_px // 2 + sum(self.steps)


class GreyImageParams(Params):
    """How structures are drawn as grey images, and what is cut out. Contrast of solid and pore is 1."""

    noise: Range = param(
        (0.02, 0.6),
        label="Noise",
        description="Least and greatest standard deviation of a bright pixel; one of six images has none.",
    )
    sheets: float = param(
        0.3,
        ge=0,
        le=1,
        label="Share of sheets",
        description="Share of images that show the surfaces of structures, as membranes of tissue.",
    )
    patch_px: int = param(
        48, ge=1, le=512, label="Patch", unit="px", description="Side of what a patch is compared at."
    )
    batches_per_epoch: int = param(
        200, ge=1, le=100_000, label="Batches", description="Steps of the optimiser between validations."
    )


class GreyFillingRecipe(GapRecipe):
    """A training from nothing to a tested model. The defaults are those of the bundled model."""

    name: str = model_name("fill-grey")
    network: GreyNetworkParams = PydanticField(default_factory=GreyNetworkParams, title="Network")
    gaps: GapParams = PydanticField(
        default_factory=lambda: GapParams(
            structures=64, validation=8, gold=0.3, ligament_px=(4.5, 20.0), depth_px=64, side_px=160
        ),
        title="Gaps",
        description="Windows and batches of it are not looked at",
    )
    images: GreyImageParams = PydanticField(default_factory=GreyImageParams, title="Images")
    optimise: OptimiseParams = PydanticField(
        default_factory=lambda: OptimiseParams(
            batch_size=8, epochs=16, learning_rate=2e-3, weight_decay=1e-4, precision="auto"
        ),
        title="Optimisation",
        description="Loss is the mean squared error by that of the spline, whatever is stated",
    )
    card: CardTexts = PydanticField(
        default_factory=lambda: CardTexts(
            title="Grey planes between slices",
            authors=("Trueslice contributors",),
            licence="MIT",
            architecture="Six convolutions without biases; corrects a cubic spline",
        ),
        title="Card",
    )

    @property
    def reach_px(self) -> int:
        """Pixels that the network looks to each side."""
        return self.network.reach_px

    def identity(self) -> dict[str, Any]:
        """What makes the weights beside seed and optimiser."""
        return {part: getattr(self, part).model_dump(mode="json") for part in ("network", "gaps", "images")}

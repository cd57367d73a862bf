"""Train a network that makes grey planes: ``python -m core.learn.inpainting.grey -o FOLDER [RECIPE.toml]``.

Without a recipe, the bundled model. A command that was stopped goes on where it was.
"""

from __future__ import annotations

from core.learn.inpainting.filler import command
from core.learn.inpainting.grey.recipe import GreyFillingRecipe
from core.learn.inpainting.grey.train import GREY


def main(arguments: list[str] | None = None) -> int:
    """Train; 0 if all went well."""
    return command(GREY, GreyFillingRecipe, "core.learn.inpainting.grey", __doc__ or "", arguments)


if __name__ == "__main__":
    raise SystemExit(main())

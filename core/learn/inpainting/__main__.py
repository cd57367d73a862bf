"""Train a network that fills gaps: ``python -m core.learn.inpainting -o FOLDER [RECIPE.toml]``.

Without a recipe, the bundled model. A command that was stopped goes on where it was.
"""

from __future__ import annotations

from core.learn.inpainting.filler import command
from core.learn.inpainting.recipe import FillingRecipe
from core.learn.inpainting.train import SHAPES


def main(arguments: list[str] | None = None) -> int:
    """Train; 0 if all went well."""
    return command(SHAPES, FillingRecipe, "core.learn.inpainting", __doc__ or "", arguments)


if __name__ == "__main__":
    raise SystemExit(main())

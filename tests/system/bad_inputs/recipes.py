"""Recipes that are no TOML, of another version, with steps or parameters that do not exist or do not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from core.errors import RecipeError, TruesliceError
from core.execute import run
from core.project import InputSpec, Project
from core.recipe import Recipe
from tests.system.bad_inputs.case import Case
from tests.system.bad_inputs.valid import valid

HEAD = 'format = 1\nname = "x"\n'


def step(name: str, params: str = "", more: str = "") -> str:
    """One entry of a recipe."""
    return f'[[step]]\nstep = "{name}"\n{more}\n[step.params]\n{params}\n'


_TEXTS: dict[str, bytes | str] = {
    "empty": b"",
    "zeros": bytes(4096),
    "noise": bytes(range(256)) * 8,
    "utf-16": (HEAD + step("invert")).encode("utf-16"),
    "latin-1": (HEAD + "# grösse\n").encode("latin-1"),
    "json": '{"format": 1, "step": []}',
    "half-a-line": HEAD + "[[step]\nstep = ",
    "unclosed-text": 'format = 1\nname = "x',
    "same-key-twice": "format = 1\nformat = 1\n",
    "no-format": 'name = "x"\n' + step("invert"),
    "format-99": "format = 99\n" + step("invert"),
    "format-0": "format = 0\n",
    "format-minus-1": "format = -1\n",
    "format-of-words": 'format = "one"\n',
    "format-is-a-date": "format = 2024-01-01\n",
    "format-nan": "format = nan\n",
    "unknown-entry": HEAD + "author = 'me'\n",
    "steps-are-text": HEAD + 'step = "crop"\n',
    "steps-are-numbers": HEAD + "step = [1, 2]\n",
    "step-is-a-table": HEAD + '[step]\nstep = "crop"\n',
    "step-without-name": HEAD + "[[step]]\nversion = 1\n",
    "step-name-is-a-number": HEAD + "[[step]]\nstep = 5\n",
    "unknown-step": HEAD + step("sharpen"),
    "unknown-step-name-of-1-MB": HEAD + step("s" * (1 << 20)),
    "name-is-a-table": "format = 1\n[name]\na = 1\n",
    "version-99": HEAD + step("crop", more="version = 99"),
    "version-0": HEAD + step("crop", more="version = 0"),
    "version-of-words": HEAD + step("crop", more='version = "new"'),
    "version-true": HEAD + step("crop", more="version = true"),
    "unknown-step-entry": HEAD + step("crop", more="note = 1"),
    "unknown-parameter": HEAD + step("crop", "depth = 3"),
    "params-are-a-list": HEAD + '[[step]]\nstep = "crop"\nparams = [1, 2]\n',
    "negative": HEAD + step("crop", "z_start = -1"),
    "beyond-the-limit": HEAD + step("denoise", "strength = 1e9"),
    "nan": HEAD + step("denoise", "strength = nan"),
    "inf": HEAD + step("segment", 'method = "threshold"\nthreshold = inf'),
    "word-for-number": HEAD + step("crop", 'z_start = "first"'),
    "list-for-number": HEAD + step("crop", "z_start = [1]"),
    "half-a-slice": HEAD + step("crop", "z_start = 1.5"),
    "unknown-choice": HEAD + step("segment", 'method = "magic"'),
    "even-window": HEAD + step("segment", 'method = "sauvola"\nwindow_px = 4'),
    "percentiles-the-wrong-way": HEAD + step("normalise", "low_percent = 90.0\nhigh_percent = 10.0"),
    "slices-of-words": HEAD + step("drop-slices", 'slices = "the dark ones"'),
    "slices-of-a-billion": HEAD + step("drop-slices", 'slices = "0-999999999"'),
    "slices-backwards": HEAD + step("drop-slices", 'slices = "9-3"'),
    "file-name-with-folder": HEAD + step("export", 'file_name = "../../x"'),
    "file-name-absolute": HEAD + step("export", 'file_name = "/etc/x"'),
    "file-name-of-dots": HEAD + step("export", 'file_name = ".."'),
    "file-name-empty": HEAD + step("export", 'file_name = ""'),
    "file-name-of-1000": HEAD + step("export", f'file_name = "{"n" * 1000}"'),
    "file-name-of-another-preset": HEAD + step("export", 'preset = "nrrd"\nfile_name = "x.tif"'),
    "unknown-preset": HEAD + step("export", 'preset = "word"'),
    "estimate-for-a-step-without": HEAD + step("crop") + "[step.estimate]\nx = 1\n",
    "estimate-of-words": HEAD + step("segment") + '[step.estimate]\nthresholds = "high"\n',
    "estimate-unknown-entry": HEAD + step("segment") + "[step.estimate]\nlevel = 3\n",
    "estimate-nan": HEAD + step("segment") + "[step.estimate]\nthresholds = [nan]\n",
    "lists-10000-deep": "format = " + "[" * 10000 + "]" * 10000,
}

# These read well but do not fit a stack of 5 x 24 x 32 voxels.
_MISFITS: dict[str, tuple[str, str]] = {
    "crop-beyond-the-end": ("crop", "z_stop = 6"),
    "crop-starts-beyond-the-end": ("crop", "y_start = 24"),
    "crop-stop-before-start": ("crop", "x_start = 9\nx_stop = 9"),
    "crop-of-10^30": ("crop", "z_start = " + "9" * 30),
    "crop-of-10^9": ("crop", "x_stop = 1000000000"),
    "drop-missing-slice": ("drop-slices", 'slices = "5"'),
    "drop-all-slices": ("drop-slices", 'slices = "0-4"'),
    "reference-slice-missing": ("normalise", 'target = "slice"\nreference_slice = 5'),
    "measure-of-grey": ("measure", ""),
    "surface-without-scale": ("export", 'preset = "stl"\nthreshold = 100.0'),
    "surface-of-grey-without-threshold": ("export", 'preset = "ply"'),
    "two-thresholds-for-five-slices": ("segment", "\n[step.estimate]\nthresholds = [1.0, 2.0]"),
    "two-gains-for-five-slices": ("normalise", "\n[step.estimate]\ngain = [1.0, 1.0]\noffset = [0.0, 0.0]"),
}


def cases() -> Iterator[Case]:
    """All of them."""
    for name, text in _TEXTS.items():
        yield Case(f"recipe-{name}", partial(_load, text), kind=RecipeError, says="recipe.toml")
    yield Case("recipe-missing", lambda folder: partial(Recipe.load, folder / "gone.toml"), says="gone.toml")
    yield Case("recipe-is-a-folder", lambda folder: partial(Recipe.load, folder), kind=RecipeError)
    for name, (owner, params) in _MISFITS.items():
        yield Case(
            f"recipe-{name}", partial(_run, HEAD + step(owner, params)), kind=TruesliceError, leaves=("out",)
        )
    twice = HEAD + step("export", 'file_name = "a"') + step("export", 'file_name = "a"')
    yield Case("recipe-two-exports-of-one-name", partial(_run, twice), says="a.tif", leaves=("out",))
    alike = HEAD + step("export", 'file_name = "a"') + step("export", 'file_name = "A"')
    yield Case("recipe-two-exports-that-differ-in-case", partial(_run, alike), "either", leaves=("out",))


def _load(text: bytes | str, folder: Path) -> Callable[[], object]:
    path = folder / "recipe.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return lambda: Recipe.load(path)


def _run(text: str, folder: Path) -> Callable[[], object]:
    recipe = Recipe.loads(text)
    stack = valid("tiff").make(folder)

    def call() -> object:
        project = Project.create(folder / "out", {"": InputSpec(paths=(stack,))})
        project.save_recipe(recipe)
        return run(project)

    return call

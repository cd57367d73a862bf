"""The bundled sample, for a first look at the program."""

from __future__ import annotations

import shutil
from pathlib import Path

import resources
from app.keeping import save
from app.places import documents, draft_file
from core.errors import WriteError
from core.files import make_folder
from core.job import Job
from core.recipe import Recipe

NAME = "Trueslice sample.tif"


def copied_sample(job: Job) -> Path:
    """Put the sample with its recipe among the user's documents; in a worker thread.

    Its project then lies there as well, not in the folder of the program.

    Raises
    ------
    WriteError
        If that is not possible.
    """
    target = documents() / "Trueslice" / NAME
    job.check()
    if not target.is_file():
        make_folder(target.parent)
        part = target.with_name(f".{target.name}.part")
        try:
            shutil.copyfile(resources.path("sample/sample.tif"), part)
            part.replace(target)
        except OSError as error:
            raise WriteError(f"the sample cannot be written to {target}", got=error.strerror) from error
        finally:
            part.unlink(missing_ok=True)
    draft = draft_file((target,))
    if not draft.is_file():
        save(Recipe.load(resources.path("sample/recipe.toml")), None, draft)
    return target

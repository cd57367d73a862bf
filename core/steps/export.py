"""Write the volume into files for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import field_validator

from core.io.writers import WRITERS, WriteReport, fitting_target, write
from core.io.writers.options import Preset, WriteOptions
from core.job import Job
from core.params import param
from core.step import Stage, Step
from core.volume import Volume

_FORBIDDEN = frozenset('/\\:*?"<>|')


class ExportParams(WriteOptions):
    """Target program, file name, and the writer's options."""

    preset: Preset = param(
        "fiji",
        label="For",
        description="Program or format to write for.",
        choices={name: writer.label for name, writer in WRITERS.items()},
    )
    file_name: str = param(
        "volume",
        label="File name",
        description="Name without folder; the suffix is added. Several channels get their name appended.",
        min_length=1,
        max_length=200,
    )

    @field_validator("file_name")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        wrong = sorted({sign for sign in name if sign in _FORBIDDEN or ord(sign) < 32})
        if wrong or name.startswith(".") or name != name.strip() or name.endswith("."):
            raise ValueError(
                'a plain file name is needed, without folder, without the signs / \\ : * ? " < > |, '
                "not starting or ending with a dot or a space"
            )
        return name

    def target_name(self, channel: str = "") -> str:
        """Name of the file or folder this makes, for one of several channels where `channel` is given."""
        target = fitting_target(Path(self.file_name), self.preset)
        if not channel:
            return target.name
        plain = "".join("_" if sign in _FORBIDDEN else sign for sign in channel)
        bare = fitting_target(Path("x"), self.preset).name.removeprefix("x")
        stem = target.name.removesuffix(bare) if bare else target.name
        return f"{stem}_{plain}{target.name[len(stem) :]}"

    def export(self, volume: Volume, target: Path, job: Job, message: str = "Export") -> WriteReport:
        """Write, replacing an older export of the same name.

        Raises
        ------
        TruesliceError
            As `core.io.writers.write` does; the older export stays then.
        """
        options: dict[str, Any] = {name: getattr(self, name) for name in WriteOptions.model_fields}
        return write(volume, target, self.preset, job, overwrite=True, message=message, **options)


EXPORT: Step[ExportParams, Any] = Step(
    name="export",
    version=1,
    label="Export",
    stage=Stage.EXPORT,
    summary=(
        "Write the volume for another program: Fiji, Dragonfly, OME-Zarr, BigTIFF, NRRD, MHD, raw, surface."
    ),
    params=ExportParams,
    stored=False,
    sink=True,
)

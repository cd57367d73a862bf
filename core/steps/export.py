"""Write the volume into files for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import field_validator, model_validator

from core.errors import ParameterError
from core.io.writers import WRITERS, WriteReport, write
from core.io.writers.names import (
    FORBIDDEN,
    MEANT,
    fitting_name,
    plain_name,
    preset_for,
    split_suffix,
)
from core.io.writers.options import Preset, WriteOptions
from core.job import Job
from core.params import Params, param
from core.step import Stage, Step
from core.volume import Volume


class Target(Params):
    """For which program, under which name."""

    preset: Literal["auto", Preset] = param(
        "auto",
        label="For",
        description="Program or format to write for; 'auto' goes by the ending of the file name.",
        choices={"auto": "As the file name ends", **{name: writer.label for name, writer in WRITERS.items()}},
    )
    file_name: str = param(
        "volume",
        label="File name",
        description=(
            "Name without folder; a missing ending is added (.tif, for Fiji, if nothing else is chosen). "
            "Of several channels, each gets its name appended."
        ),
        min_length=1,
        max_length=200,
    )

    @field_validator("file_name")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        wrong = sorted({sign for sign in name if sign in FORBIDDEN or ord(sign) < 32})
        if wrong or name.startswith(".") or name != name.strip() or name.endswith("."):
            raise ValueError(
                'a plain file name is needed, without folder, without the signs / \\ : * ? " < > |, '
                "not starting or ending with a dot or a space"
            )
        return name


class ExportParams(WriteOptions, Target):
    """Target program, file name, and the writer's options; the form shows them in this order."""

    @model_validator(mode="after")
    def _name_fits(self) -> Self:
        try:
            self.target_name()
        except ParameterError as error:
            raise ValueError(f"{error.what} (expected: {error.expected})") from None
        return self

    def target_name(self, channel: str = "") -> str:
        """Name of the file or folder this makes, for one of several channels where `channel` is given."""
        preset = self.preset
        if preset == "auto":
            preset = MEANT.get(split_suffix(self.file_name)[1].lower(), "fiji")
        name = fitting_name(self.file_name, preset)
        if not channel:
            return name
        stem, suffix = split_suffix(name)
        return f"{stem}_{plain_name(channel)}{suffix}"

    def export(self, volume: Volume, target: Path, job: Job, message: str = "Export") -> WriteReport:
        """Write, replacing an older export of the same name; without preset and suffix, a folder of slices.

        Raises
        ------
        TruesliceError
            As `core.io.writers.write` does; the older export stays then.
        """
        options: dict[str, Any] = {name: getattr(self, name) for name in WriteOptions.model_fields}
        preset = preset_for(target) if self.preset == "auto" else self.preset
        return write(volume, target, preset, job, overwrite=True, message=message, **options)


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

"""The plan of a virtual acquisition: everything that decides its result, saved as TOML."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field as PydanticField
from pydantic import field_validator, model_validator

from core.params import param
from core.simulate.electrons.conditions import (
    HIGHEST_KV,
    LOWEST_KV,
    TLD,
    Beam,
    Detector,
    Physics,
    beam_diameter,
    beam_tilt,
)
from core.simulate.image.artefacts import Artefacts
from core.simulate.image.formation import ImageFormation
from core.simulate.image.secondary import Secondary
from core.simulate.plan_file import PlanFile
from core.simulate.plan_parts import Drift, Fiducial, Field, Milling, Misalignment, Ruler
from core.simulate.structures.kinds import LeveledWave, Structure

MOST_CHANNELS = 8
SECONDARY = "SE"


class Plan(PlanFile):
    """A whole virtual acquisition.

    Parts that spoil images or move them are off by default. Two equal plans give equal bytes.
    """

    seed: int = param(
        1, label="Seed", description="The same seed gives the same acquisition", ge=0, le=2**31 - 1
    )
    electrons: Literal["monte-carlo", "surrogate"] = param(
        "monte-carlo",
        label="Electrons",
        description="Follow electrons one by one, or estimate the signal by the fast approximation (not for "
        "test data)",
        choices={"monte-carlo": "Monte Carlo", "surrogate": "fast approximation"},
    )
    voltages_kv: tuple[float, ...] = param(
        (1.0, 2.0, 4.0),
        label="Voltages",
        description="Accelerating voltages; each slice is imaged with all of them",
        unit="kV",
        min_length=1,
        max_length=MOST_CHANNELS,
    )
    electrons_per_pixel: int = param(
        100,
        label="Electrons per pixel",
        description="Simulated electrons per pixel; the dose of the image is another matter",
        ge=1,
        le=1_000_000,
    )
    beam_diameter_nm: float = beam_diameter()
    tilt_deg: float = beam_tilt()
    merge_soft: bool = param(
        False,
        label="Merge soft collisions",
        description="Leave out very small deflections: faster, and off by up to about 2 % of the signal",
        advanced=True,
    )
    detectors: tuple[Detector, ...] = param(
        (TLD,),
        label="Detectors",
        description="Each sees every slice at every voltage",
        min_length=1,
        max_length=MOST_CHANNELS,
    )
    structure: Structure = PydanticField(
        default_factory=LeveledWave, title="Structure", description="How solid and pore are arranged"
    )
    materials: dict[str, str] = param(
        {"pore": "epoxy", "solid": "Au"},
        label="Materials",
        description="Material of each phase of the structure: a name of the table, or FORMULA@DENSITY",
    )
    field: Field = PydanticField(default_factory=Field, title="Field")
    milling: Milling = PydanticField(default_factory=Milling, title="Milling")
    physics: Physics = PydanticField(default_factory=Physics, title="Physics")
    ruler: Ruler = PydanticField(default_factory=Ruler, title="Ruler")
    fiducial: Fiducial = PydanticField(default_factory=Fiducial, title="Fiducial")
    drift: Drift = PydanticField(default_factory=Drift, title="Drift")
    misalignment: Misalignment = PydanticField(default_factory=Misalignment, title="Misalignment")
    image: ImageFormation = PydanticField(default_factory=ImageFormation, title="Image")
    secondary: Secondary | None = PydanticField(
        None,
        title="Secondary electrons",
        description="A further detector, SE, by an approximation for open structures",
    )
    artefacts: Artefacts = PydanticField(default_factory=Artefacts, title="Artefacts")

    @field_validator("voltages_kv")
    @classmethod
    def _voltages_possible(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        wrong = [f"{kv:g}" for kv in values if not LOWEST_KV <= kv <= HIGHEST_KV]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} kV lies outside {LOWEST_KV:g}-{HIGHEST_KV:g} kV")
        return values

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        faults = [*_channel_faults(self), *_slice_faults(self), *_dose_faults(self)]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    # ---- what follows from it
    def beam(self, kv: float) -> Beam:
        """The beam at one of the voltages."""
        return Beam(kv=kv, diameter_nm=self.beam_diameter_nm, tilt_deg=self.tilt_deg)

    @property
    def detector_names(self) -> tuple[str, ...]:
        """Names of the detectors; secondary electrons come last."""
        names = tuple(detector.name for detector in self.detectors)
        return names if self.secondary is None else (*names, SECONDARY)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels, voltage by voltage: ``1kV``, or ``1kV-TLD`` with several detectors."""
        several = len(self.detector_names) > 1
        return tuple(
            f"{kv:g}kV-{name}" if several else f"{kv:g}kV"
            for kv in self.voltages_kv
            for name in self.detector_names
        )

    def origin(self, channel: str) -> tuple[int, int]:
        """Number of the voltage and of the detector of a channel."""
        return divmod(self.channels.index(channel), len(self.detector_names))


def _channel_faults(plan: Plan) -> list[str]:
    faults = []
    if len(set(plan.channels)) < len(plan.channels):
        faults.append("voltages_kv, detectors: a voltage or the name of a detector stands twice")
    for detector in plan.detectors:
        if any(sign in detector.name for sign in '/\\:*?"<>|') or detector.name != detector.name.strip("."):
            faults.append(f"detectors: {detector.name!r} cannot be part of a file name")
    return faults


def _slice_faults(plan: Plan) -> list[str]:
    faults, count, milling = [], plan.field.slices, plan.milling
    if milling.thickness == "given" and len(milling.given_nm) != count - 1:
        faults.append(
            f"milling.given_nm: {count} slices have {count - 1} thicknesses, got {len(milling.given_nm)}"
        )
    if any(index >= count for index in milling.lost_slices):
        faults.append(f"milling.lost_slices: there are only {count} slices (0-{count - 1})")
    if any(index >= count for index in plan.artefacts.blank_slices):
        faults.append(f"artefacts.blank_slices: there are only {count} slices (0-{count - 1})")
    if len(set(milling.lost_slices)) >= count:
        faults.append("milling.lost_slices: no slice would be left")
    return faults


def _dose_faults(plan: Plan) -> list[str]:
    one = plan.electrons == "monte-carlo" and plan.electrons_per_pixel == 1
    if one and plan.image.noise == "dose":
        return [
            "electrons_per_pixel: one simulated electron per pixel does not tell how noisy it is; the noise "
            "of a dose needs at least 2"
        ]
    return []

"""How the sample is looked at: beam, detectors, and which physics the electrons obey."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from core.errors import ParameterError
from core.params import Params, param

LOWEST_KV, HIGHEST_KV = 0.5, 30.0


def beam_diameter() -> Any:
    """Declare a diameter of the beam."""
    return param(
        1.0,
        label="Beam diameter",
        description="Full width at half maximum of the (Gaussian) beam on the sample",
        unit="nm",
        ge=0,
        le=1000,
        step=0.5,
    )


def beam_tilt() -> Any:
    """Declare a tilt of the beam."""
    return param(
        0.0,
        label="Tilt",
        description="Angle between the beam and the normal of the imaged face; the beam comes from the "
        "side of the first row (the sample's top surface)",
        unit="°",
        ge=0,
        le=85,
        step=1,
    )


class Beam(Params):
    """The primary electrons."""

    kv: float = param(
        2.0,
        label="Voltage",
        description="Accelerating voltage",
        unit="kV",
        ge=LOWEST_KV,
        le=HIGHEST_KV,
        step=0.5,
    )
    diameter_nm: float = beam_diameter()
    tilt_deg: float = beam_tilt()


class Physics(Params):
    """Which scattering model is used. Defaults are the recommended ones; see docs/physics.md."""

    elastic: Literal["mott", "browning"] = param(
        "mott",
        label="Elastic scattering",
        description="Mott cross-sections of free atoms (ELSEPA tables), or Browning's 1994 formula, "
        "close to what the plugin of the thesis used",
        choices={"mott": "Mott (tables)", "browning": "Browning (formula)"},
        advanced=True,
    )
    inelastic_deflection: bool = param(
        True,
        label="Inelastic deflection",
        description="Count the deflection by inelastic collisions as a factor (Z + 1) / Z",
        advanced=True,
    )
    cut_off_ev: float = param(
        50.0,
        label="Cut-off energy",
        description="Electrons of less energy are taken as absorbed",
        unit="eV",
        ge=50,
        le=1000,
        advanced=True,
    )


class Detector(Params):
    """Which of the electrons that come back are counted, and as what.

    The polar angle is measured at the sample, from the direction straight back along the beam.
    """

    name: str = param("TLD", label="Name", description="Name of the detector", min_length=1, max_length=40)
    min_energy_ev: float = param(
        50.0, label="Lowest energy", description="Electrons of less energy are not seen", unit="eV", ge=50
    )
    min_energy_fraction: float = param(
        0.0,
        label="Lowest energy, of beam",
        description="Electrons with a smaller share of the beam energy are not seen",
        ge=0,
        le=1,
        step=0.05,
    )
    max_energy_fraction: float = param(
        1.0,
        label="Highest energy, of beam",
        description="Electrons with a greater share of the beam energy are not seen",
        ge=0,
        le=1,
        step=0.05,
    )
    min_polar_deg: float = param(
        0.0, label="Inner angle", description="Smallest angle to the beam axis", unit="°", ge=0, le=180
    )
    max_polar_deg: float = param(
        180.0, label="Outer angle", description="Greatest angle to the beam axis", unit="°", ge=0, le=180
    )
    weight: Literal["count", "energy"] = param(
        "count",
        label="Signal",
        description="Each electron counts the same, or by its share of the beam energy",
        choices={"count": "number of electrons", "energy": "energy of the electrons"},
    )

    @model_validator(mode="after")
    def _not_empty(self) -> Detector:
        if self.min_energy_fraction >= self.max_energy_fraction or self.min_polar_deg >= self.max_polar_deg:
            raise ValueError("the detector sees nothing: lowest energy or inner angle reaches the greatest")
        return self


TLD = Detector(name="TLD")
ICD = Detector(name="ICD", min_energy_fraction=0.9)
DETECTORS = {detector.name: detector for detector in (TLD, ICD)}


def detector_named(name: str) -> Detector:
    """One of the detectors the program knows.

    Raises
    ------
    ParameterError
        If there is none of that name.
    """
    if name not in DETECTORS:
        raise ParameterError("no such detector", expected=", ".join(DETECTORS), got=name)
    return DETECTORS[name]

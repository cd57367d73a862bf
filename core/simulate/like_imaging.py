"""Beam, detectors and noise of a plan, as the stacks of a sample tell them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from core.errors import TruesliceError, VoxelError
from core.job import Job
from core.models.fit import voltage_kv
from core.models.intensity import Levels, levels_of_planes
from core.simulate.electrons.compose import backscattered_share
from core.simulate.electrons.conditions import DETECTORS, HIGHEST_KV, LOWEST_KV
from core.simulate.electrons.materials import material_of
from core.simulate.image.formation import ELEMENTARY_CHARGE_C
from core.simulate.like_told import Teller
from core.simulate.plan import MOST_CHANNELS
from core.volume import Array, Volume

PLANES, SIDE_PX = 5, 512
MOST_ELECTRONS = 2000
"""Per pixel, that noise is turned into; more than that is hardly noise any more, and costly."""
_WORDS = re.compile(r"[A-Za-z]+")


# ---------------------------------------------------------------------------------- beam
def beams(teller: Teller, stacks: Mapping[str, Volume]) -> None:
    """Voltages, detectors and tilt."""
    _voltages(teller, stacks)
    _detectors(teller, stacks)
    _tilt(teller, stacks)


def _voltages(teller: Teller, stacks: Mapping[str, Volume]) -> None:
    found = {
        kv
        for name, volume in stacks.items()
        if (kv := _kv_of(name, volume)) and LOWEST_KV <= kv <= HIGHEST_KV
    }
    if not found:
        stays = _listed(teller.table["voltages_kv"])
        teller.leave("voltages", f"stay {stays}: neither files nor names state any")
        return
    voltages = sorted(found)[:MOST_CHANNELS]
    teller.table["voltages_kv"] = voltages
    teller.tell(
        "Voltages", f"{', '.join(f'{kv:g}' for kv in voltages)} kV", "names and files of the channels"
    )


def _listed(voltages: Iterable[float]) -> str:
    return f"{', '.join(f'{kv:g}' for kv in voltages)} kV"


def _kv_of(name: str, volume: Volume) -> float | None:
    return voltage_kv(name) or voltage_kv(volume.info.channel) or volume.metadata.voltage_kv


def _detectors(teller: Teller, stacks: Mapping[str, Volume]) -> None:
    stated = {volume.metadata.detector for volume in stacks.values()} - {None}
    names = {word for name in stacks for word in _WORDS.findall(name)} | {str(name) for name in stated}
    known = [detector for name, detector in DETECTORS.items() if name in names]
    stays = ", ".join(detector["name"] for detector in teller.table["detectors"])
    if not known:
        other = (
            f"{', '.join(sorted(map(str, stated)))} is not simulated" if stated else "nobody has stated one"
        )
        teller.leave("detector", f"stays {stays}: {other}")
        return
    teller.table["detectors"] = [detector.model_dump(mode="json") for detector in known]
    teller.tell("Detectors", ", ".join(one.name for one in known), "by names and files of the channels")


def _tilt(teller: Teller, stacks: Mapping[str, Volume]) -> None:
    metadata = next(iter(stacks.values())).metadata
    angle = metadata.tilt_correction_angle_deg
    if angle is None or not 0 < angle <= 85:
        if not any(one.what == "Tilt" for one in teller.told):
            teller.leave("tilt", f"stays {teller.table['tilt_deg']:g}°: not stated")
        return
    teller.told[:] = [one for one in teller.told if one.what != "Tilt"]
    teller.table["tilt_deg"] = round(angle, 2)
    teller.table["field"]["tilt_corrected"] = bool(metadata.tilt_correction_on)
    how = "corrected by the microscope" if metadata.tilt_correction_on else "not corrected"
    teller.tell("Tilt", f"{angle:.3g}°", f"as the files state it, {how}")


# ---------------------------------------------------------------------------------- noise
def noise(teller: Teller, stacks: Mapping[str, Volume], job: Job) -> None:
    """Dose as stated; else what noise and contrast say of it, with the materials of the plan."""
    teller.table["image"]["bits"] = 16 if next(iter(stacks.values())).info.dtype.itemsize > 1 else 8
    for volume in stacks.values():
        current, dwell = volume.metadata.current_pa, volume.metadata.dwell_us
        if current and dwell:
            _as_stated(teller, current, dwell)
            return
    name, volume = min(stacks.items(), key=lambda item: _kv_of(*item) or HIGHEST_KV)
    try:
        levels = levels_of_planes(_planes(volume, job))
    except (VoxelError, TruesliceError) as error:
        teller.leave("noise", f"stays as it was: {error.what}")
        return
    _as_seen(teller, name, levels)


def _planes(volume: Volume, job: Job) -> Iterable[Array]:
    """The middles of a few slices."""
    count, *sides = volume.info.shape
    first = [max(0, (side - SIDE_PX) // 2) for side in sides]
    for index in sorted(set(np.linspace(0, count - 1, min(count, PLANES)).round().astype(int).tolist())):
        job.check()
        rows, columns = (slice(at, min(side, at + SIDE_PX)) for at, side in zip(first, sides, strict=True))
        yield volume.read(slice(index, index + 1), rows, columns)[0]


def _as_stated(teller: Teller, current_pa: float, dwell_us: float) -> None:
    electrons = current_pa * 1e-12 * dwell_us * 1e-6 / ELEMENTARY_CHARGE_C
    teller.table["image"] |= {"noise": "dose", "current_pa": current_pa, "dwell_us": dwell_us, "frames": 1}
    teller.table["electrons_per_pixel"] = max(2, min(teller.table["electrons_per_pixel"], round(electrons)))
    teller.tell(
        "Dose",
        f"{current_pa:g} pA for {dwell_us:g} µs, {electrons:,.0f} electrons per pixel",
        "as the files state it",
    )
    teller.leave("frames averaged", "taken for one: files do not state how many")


def _as_seen(teller: Teller, name: str, levels: Levels) -> None:
    shares = [backscattered_share(material_of(text)) for _phase, text in teller.materials()]
    contrast = max(shares) - min(shares)
    ratio = levels.contrast_to_noise
    if contrast <= 0 or ratio >= 1000:
        teller.leave("noise", "stays as it was: the images show none that could be measured")
        return
    electrons = ratio**2 * float(np.mean(shares)) / contrast**2
    kept = int(np.clip(round(electrons), 2, MOST_ELECTRONS))
    teller.table["electrons_per_pixel"] = kept
    teller.table["image"] |= {"noise": "as-simulated"}
    limited = f", of {electrons:,.0f}" if kept < round(electrons) else ""
    where = f" in {name}" if name else ""
    teller.tell(
        "Electrons per pixel",
        f"{kept}{limited}",
        f"a rough estimate: contrast is {ratio:.2g} times the noise{where}, and counts of electrons from the "
        "materials of the form would give that",
    )

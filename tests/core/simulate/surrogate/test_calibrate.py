import json

import numpy as np
import pytest

from core.errors import ParameterError, ReadError
from core.job import Job
from core.simulate.electrons.cells import pack
from core.simulate.electrons.conditions import ICD, TLD, Beam, Physics
from core.simulate.electrons.materials import material_of
from core.simulate.electrons.shoot import shoot
from core.simulate.electrons.tables import transport_tables
from core.simulate.electrons.world import Raster, World
from core.simulate.structures import pattern_of
from core.simulate.structures.kinds import LeveledWave
from core.simulate.surrogate import Card, apply, card_for, predict
from core.simulate.surrogate import calibrate as calibration

GOLD, EPOXY, VACUUM = (material_of(name) for name in ("Au", "epoxy", "vacuum"))
PHYSICS = Physics()


@pytest.fixture(scope="module")
def silicon() -> tuple[Card, ...]:
    """A pair that does not come with the program, calibrated roughly."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "TRAINING_SAMPLES", 6)
        patch.setattr(calibration, "CHECK_SAMPLES", 2)
        return calibrated()


def calibrated(**given) -> tuple[Card, ...]:
    pair = material_of("epoxy"), material_of("Si")
    rest = {"electrons_per_pixel": 20, "job": Job(), "threads": 1, **given}
    return calibration.calibrate(pair, Beam(kv=1.0), PHYSICS, (TLD, ICD), **rest)


def unseen(matter, seed: int = 77) -> World:
    """A structure of sizes that no calibration has seen."""
    structure = LeveledWave(ligament_nm=(90.0, 18.0), solid_fraction=(0.4, 0.35))
    pattern = pattern_of(structure, shape=(64, 64, 64), voxel_nm=2.5, seed=seed, job=Job())
    return World(pattern.read((0, 200), (0, 130), (0, 130)), (2.5,) * 3, (matter, GOLD))


@pytest.mark.parametrize(("matter", "least"), [(EPOXY, 0.99), (VACUUM, 0.97)])
def test_cards_hold_on_a_structure_they_have_not_seen(matter, least):
    world, beam = unseen(matter), Beam(kv=2.0)
    raster = Raster(0.0, (24, 24), (5.0, 5.0), (100.0, 100.0))
    tables = transport_tables(world.materials, 2.0, PHYSICS)
    cells = pack(world, Job())
    shot = shoot(
        cells, tables, raster, beam, [TLD], electrons_per_pixel=400, seed=3, job=Job(), threads=1
    ).images[0]
    found = predict(world, raster, beam, [TLD], PHYSICS, Job())[0]
    noise = np.mean(shot.standard_error.astype(float) ** 2)
    truth = shot.signal.astype(float)
    seen = np.cov(found.signal.ravel(), truth.ravel())
    assert seen[0, 1] / np.sqrt(seen[0, 0] * (seen[1, 1] - noise)) > least
    off = found.signal - truth
    assert abs(off.mean()) < 0.02
    assert np.sqrt(max(np.mean(off**2) - noise, 0)) < 2 * float(found.standard_error[0, 0])


def test_calibration_of_a_new_pair(silicon, tmp_path):
    card = silicon[0]
    assert card.quality.correlation > 0.9
    assert abs(card.quality.mean_error) < 0.02
    file = card.save(tmp_path)
    assert Card.load(file) == card
    with pytest.raises(ParameterError, match="Si"):
        card_for(card.materials, card.beam, PHYSICS, TLD, folder=tmp_path / "none")
    assert card_for(card.materials[::-1], card.beam, PHYSICS, TLD, folder=tmp_path) == card
    world = World(np.ones((200, 1, 1), np.uint8), (0.5,) * 3, card.materials)
    found = apply(silicon, world, Raster(0.0, (1, 1), (5.0, 5.0)), card.beam, Job())
    assert found[0].signal[0, 0] == pytest.approx(0.221, abs=0.03)  # of solid silicon at 1 kV
    assert found[1].signal[0, 0] < 0.5 * found[0].signal[0, 0]


def test_calibration_is_the_same_every_time(monkeypatch):
    monkeypatch.setattr(calibration, "TRAINING_SAMPLES", 2)
    monkeypatch.setattr(calibration, "CHECK_SAMPLES", 1)
    monkeypatch.setattr(calibration, "STACKS", 2)
    first, again, other = (
        calibrated(electrons_per_pixel=5, threads=threads, seed=seed)
        for threads, seed in ((1, 1), (2, 1), (1, 2))
    )
    assert first == again
    assert first[0].weights != other[0].weights


def test_impossible_calibrations_are_refused():
    with pytest.raises(ParameterError, match="differ"):
        calibration.calibrate([GOLD], Beam(), PHYSICS, [TLD], job=Job())
    with pytest.raises(ParameterError, match="tilted"):
        calibration.calibrate([EPOXY, GOLD], Beam(tilt_deg=20), PHYSICS, [TLD], job=Job())
    with pytest.raises(ParameterError, match="electrons"):
        calibration.calibrate([EPOXY, GOLD], Beam(), PHYSICS, [TLD], electrons_per_pixel=0, job=Job())


def test_broken_cards_are_refused(tmp_path):
    good = card_for([EPOXY, GOLD], Beam(kv=2.0), PHYSICS, TLD).save(tmp_path)
    table = json.loads(good.read_text())
    for name, change in {"weights": [1.0], "format": 9, "materials": []}.items():
        good.write_text(json.dumps({**table, name: change}))
        with pytest.raises(ReadError):
            Card.load(good)
    good.write_text("{")
    with pytest.raises(ReadError):
        Card.load(good)


def test_a_broken_card_stands_in_nobodys_way(tmp_path):
    (tmp_path / "old.json").write_text("{}")
    sample = [EPOXY, GOLD], Beam(kv=2.0), PHYSICS
    assert card_for(*sample, TLD, folder=tmp_path) == card_for(*sample, TLD)
    with pytest.raises(ParameterError, match=r"cannot be read: old\.json"):
        card_for([EPOXY, GOLD], Beam(kv=3.0), PHYSICS, TLD, folder=tmp_path)


@pytest.mark.parametrize("kv", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("matter", [EPOXY, VACUUM])
def test_bundled_cards_state_what_is_promised(kv, matter):
    quality = card_for([matter, GOLD], Beam(kv=kv), PHYSICS, TLD).quality
    assert quality.correlation >= 0.98
    assert abs(quality.mean_error) < 0.01

"""Whole acquisitions: what the folder holds, and that interruptions and threads change nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

import resources
from core.errors import (
    Cancelled,
    InputChangedError,
    NotEnoughDiskError,
    ParameterError,
    ProjectError,
    WriteError,
)
from core.io import open_stack
from core.io.writers import write
from core.job import Job, Progress
from core.simulate.acquisition import acquire, approximation, estimate_cost, imaging
from core.simulate.acquisition import folder as folder_module
from core.simulate.acquisition.acquire import Acquired, structure_file
from core.simulate.acquisition.single import take_pictures
from core.simulate.electrons.conditions import ICD, TLD
from core.simulate.plan import Plan
from core.simulate.surrogate.card import Card
from core.volume import volume_of
from tests.core.simulate.acquisition.plans import plan


def digests(folder: Path) -> dict[str, str]:
    """Checksum of every file below a folder, by name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Acquired:
    """An acquisition made in one go."""
    return acquire(plan(), tmp_path_factory.mktemp("made") / "one", job=Job())


# ---- contents
def test_folder_holds_stacks_truth_signals_and_plan(whole: Acquired) -> None:
    names = {path.name for path in whole.folder.iterdir()}
    assert names == {"1kV.tif", "2kV.tif", "truth.tif", "truth.json", "expected.zarr", "plan.toml"}
    assert Plan.load(whole.folder / "plan.toml") == plan()
    assert not whole.was_done


def test_stacks_read_back_with_their_scale(whole: Acquired) -> None:
    for name, path in whole.stacks.items():
        stack = open_stack(path)
        assert stack.info.shape == (3, 24, 32)
        assert stack.info.voxel_nm == pytest.approx((10, 2.5, 2.5))
        assert stack.info.dtype == np.uint8
        # Only the truth knows where the slices are.
        assert stack.info.z_nm is None
        expected = np.stack([whole_signal(whole.folder, name, index) for index in range(3)])
        grey = stack.read()
        assert np.corrcoef(grey.ravel(), expected.ravel())[0, 1] > 0.999


def whole_signal(folder: Path, channel: str, index: int) -> np.ndarray:
    import zarr

    group = zarr.open_group(folder / "expected.zarr", mode="r")
    return np.asarray(group[f"{channel}/signal"][index])


def test_truth_reads_back_as_labels_on_the_fine_grid(whole: Acquired) -> None:
    truth = open_stack(whole.truth_path)
    assert truth.info.shape == (9, 24, 32)
    assert truth.info.voxel_nm == pytest.approx((2.5, 2.5, 2.5))
    assert set(np.unique(truth.read())) == {0, 255}
    labels = truth.read() // 255
    assert labels.mean() == pytest.approx(whole.truth["solid_fraction"], abs=1e-12)
    assert whole.truth["solid_fraction"] == pytest.approx(0.35, abs=0.001)
    # Gold is brighter than epoxy wherever the face shows it.
    for index, plane in enumerate((0, 4, 8)):
        signal = whole_signal(whole.folder, "1kV", index)
        assert signal[labels[plane] == 1].mean() > 2 * signal[labels[plane] == 0].mean()


def test_truth_json_has_its_keys(whole: Acquired) -> None:
    truth = json.loads((whole.folder / "truth.json").read_text(encoding="utf-8"))
    assert truth == json.loads(json.dumps(whole.truth))
    assert truth["z_nm"] == [0, 10, 20]
    assert truth["thickness_nm"] == [10, 10]
    assert truth["shifts_px_yx"] == {"1kV": [[0, 0]] * 3, "2kV": [[0, 0]] * 3}
    assert truth["labels"] == {"0": "pore", "255": "solid"}
    assert truth["materials"]["solid"]["density_g_cm3"] == 19.3
    assert truth["ruler"] is None
    assert truth["dose"] == {"noise": "as-simulated", "electrons_per_pixel": 10}
    assert truth["seed"] == 5
    assert {"trueslice", "numpy", "numba"} <= set(truth["versions"])
    for balance in truth["balance"].values():
        assert balance["electrons"] == 3 * 24 * 32 * 10
        assert balance["electrons"] == balance["backscattered"] + balance["absorbed"] + balance["lost"]
        assert balance["lost"] == 0
    assert len(truth["images"]["2kV"]["slices"]) == 3


def test_finished_folder_is_left_alone(whole: Acquired, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digests(whole.folder)
    monkeypatch.setattr(imaging, "shoot", None)
    again = acquire(plan(), whole.folder, job=Job())
    assert again.was_done
    assert again.truth == json.loads(json.dumps(whole.truth))
    assert digests(whole.folder) == before


def test_one_picture_is_that_of_the_acquisition(whole: Acquired) -> None:
    pictures = take_pictures(plan(), job=Job(), index=2)
    for picture in pictures:
        assert np.array_equal(picture.expected.signal, whole_signal(whole.folder, picture.channel, 2))
    assert pictures[0].labels.shape == (24, 32)


# ---- interruptions, threads
class Interrupted(Exception):
    pass


@pytest.mark.parametrize("fail_at", [1, 3, 6])
def test_interrupted_and_resumed_gives_the_same_bytes(
    whole: Acquired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fail_at: int
) -> None:
    real, calls = imaging.shoot, []

    def failing(*args: object, **options: object) -> object:
        calls.append(1)
        if len(calls) == fail_at:
            raise Interrupted
        return real(*args, **options)

    monkeypatch.setattr(imaging, "shoot", failing)
    with pytest.raises(Interrupted):
        acquire(plan(), tmp_path / "one", job=Job())
    assert not (tmp_path / "one" / "truth.json").exists()
    acquire(plan(), tmp_path / "one", job=Job())
    assert len(calls) == 6 + 1  # no image was made twice but the one that failed
    assert digests(tmp_path / "one") == digests(whole.folder)


def test_killed_while_writing_gives_the_same_bytes(whole: Acquired, tmp_path: Path) -> None:
    """What a kill leaves behind: a torn journal, a torn chunk, unfinished stacks."""
    folder = tmp_path / "one"
    stop = threading.Event()

    def report(progress: Progress) -> None:
        if progress.message == "Writing 2kV":
            stop.set()

    with pytest.raises(Cancelled):
        acquire(plan(), folder, job=Job(report, stop))
    journal = folder / ".progress" / "images.log"
    lines = journal.read_text(encoding="utf-8").splitlines()
    journal.write_text("\n".join(lines[:-1]) + "\n" + lines[-1][:9], encoding="utf-8")
    chunk = folder / "expected.zarr" / "2kV" / "signal" / "c" / "2" / "0" / "0"
    chunk.write_bytes(b"torn")
    (chunk.parent / "0.0123.partial").write_bytes(b"torn")
    (folder / ".0123456789ab.part").write_bytes(b"torn")
    acquire(plan(), folder, job=Job())
    assert digests(folder) == digests(whole.folder)


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_nothing(whole: Acquired, tmp_path: Path, threads: int) -> None:
    acquire(plan(), tmp_path / "one", job=Job(), threads=threads)
    assert digests(tmp_path / "one") == digests(whole.folder)


def test_cancel_is_heard_at_once_and_keeps_what_is_done(tmp_path: Path) -> None:
    stop = threading.Event()

    def report(progress: Progress) -> None:
        if progress.message.startswith("Following") and progress.fraction > 0.4:
            stop.set()

    with pytest.raises(Cancelled):
        acquire(plan(), tmp_path / "one", job=Job(report, stop))
    entries = [line for line in journal_of(tmp_path / "one") if line]
    assert 0 < len(entries) < 6


def journal_of(folder: Path) -> list[str]:
    journal = folder / ".progress" / "images.log"
    return journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []


def test_progress_never_goes_back_while_electrons_are_followed(tmp_path: Path) -> None:
    seen: list[Progress] = []
    acquire(plan(), tmp_path / "one", job=Job(seen.append))
    fractions = [p.fraction for p in seen if p.message.startswith("Following electrons")]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_one_picture_tells_progress_over_all_voltages() -> None:
    seen: list[Progress] = []
    take_pictures(plan(), job=Job(seen.append))
    fractions = [p.fraction for p in seen if p.message.startswith("Following electrons")]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert any(0.2 < fraction < 0.5 for fraction in fractions)  # 1 kV is a third of the work


def test_measuring_the_speed_says_so() -> None:
    seen: list[Progress] = []
    estimate_cost(plan(), Job(seen.append))
    measured = [p.fraction for p in seen if p.message.startswith("Measuring the speed of this computer")]
    assert measured == sorted(measured)
    assert measured[-1] == 1
    assert not any("lectrons" in p.message for p in seen)


# ---- refusals
def test_folder_of_another_plan_is_refused(whole: Acquired) -> None:
    before = digests(whole.folder)
    with pytest.raises(WriteError, match="another plan"):
        acquire(plan(seed=6), whole.folder, job=Job())
    assert digests(whole.folder) == before


def test_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(WriteError, match="something else"):
        acquire(plan(), tmp_path / "mine", job=Job())
    assert digests(tmp_path / "mine").keys() == {"thesis.txt"}
    with pytest.raises(WriteError, match="is a file"):
        acquire(plan(), tmp_path / "mine" / "thesis.txt", job=Job())


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    from core.simulate.acquisition.folder import WorkFolder

    work = WorkFolder(tmp_path / "one")
    with work.claimed(plan().dumps()), pytest.raises(ProjectError, match="another run"):
        acquire(plan(), tmp_path / "one", job=Job())


def test_changed_input_is_refused(tmp_path: Path) -> None:
    from core.simulate.acquisition.folder import WorkFolder

    work = WorkFolder(tmp_path / "one")
    with work.claimed("plan", "abc"):
        pass
    with pytest.raises(InputChangedError), work.claimed("plan", "abd"):
        pass


def test_a_resume_with_another_card_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = plan(electrons="surrogate", voltages_kv=[1])
    stop = threading.Event()

    def report(progress: Progress) -> None:
        if progress.message.startswith("Following") and progress.fraction > 0.2:
            stop.set()

    with pytest.raises(Cancelled):
        acquire(quick, tmp_path / "one", job=Job(report, stop))
    real = approximation.card_for

    def other(*args: object) -> Card:
        card = real(*args)
        return card.model_copy(update={"weights": tuple(2 * one for one in card.weights)})

    monkeypatch.setattr(approximation, "card_for", other)
    with pytest.raises(InputChangedError, match="cards"):
        acquire(quick, tmp_path / "one", job=Job())
    monkeypatch.undo()
    assert not acquire(quick, tmp_path / "one", job=Job()).was_done


def test_versions_that_changed_on_the_way_are_told(
    whole: Acquired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()

    def report(progress: Progress) -> None:
        if progress.message.startswith("Following") and progress.fraction > 0.4:
            stop.set()

    with pytest.raises(Cancelled):
        acquire(plan(), tmp_path / "one", job=Job(report, stop))
    newer = {**whole.truth["versions"], "numpy": "99.0"}
    monkeypatch.setattr(folder_module, "versions", lambda: newer)
    made = acquire(plan(), tmp_path / "one", job=Job())
    assert made.truth["versions"] == whole.truth["versions"]
    assert made.truth["later_versions"] == [newer]
    assert any("numpy 99.0" in text for text in made.truth["warnings"])
    assert "later_versions" not in whole.truth


def test_finished_folder_answers_for_its_structure_file_only(tmp_path: Path) -> None:
    file = tmp_path / "s.tif"
    labels = (np.indices((10, 12, 12)).sum(axis=0) // 3 % 2 * 255).astype(np.uint8)
    write(volume_of(labels, voxel_nm=(2.5,) * 3), file, "fiji")
    of_file = plan(
        voltages_kv=[1],
        structure={"kind": "file", "path": str(file)},
        field={"slices": 1, "rows": 8, "columns": 8, "margin_nm": 10},
    )
    acquire(of_file, tmp_path / "one", job=Job())
    assert acquire(of_file, tmp_path / "one", job=Job()).was_done
    before = digests(tmp_path / "one")
    write(volume_of(255 - labels, voxel_nm=(2.5,) * 3), file, "fiji", overwrite=True)
    with pytest.raises(InputChangedError, match="structure"):
        acquire(of_file, tmp_path / "one", job=Job())
    assert digests(tmp_path / "one") == before
    file.unlink()  # what is gone cannot be compared
    assert acquire(of_file, tmp_path / "one", job=Job()).was_done


def test_mending_that_was_interrupted_goes_on(
    whole: Acquired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(whole.folder, tmp_path / "one")
    signals = tmp_path / "one" / "expected.zarr"
    for name in ("1kV/signal/c/0", "2kV/standard_error/c/0", "2kV/signal/c/2"):
        shutil.rmtree(signals / name)
    (tmp_path / "one" / "truth.tif").unlink()
    real, calls = imaging.shoot, []

    def failing(*args: object, **options: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise Interrupted
        return real(*args, **options)

    monkeypatch.setattr(imaging, "shoot", failing)
    with pytest.raises(Interrupted):
        acquire(plan(), tmp_path / "one", job=Job())
    # Half written when it stopped: the journal does not list it, so it is made again.
    torn = signals / "2kV" / "standard_error" / "c" / "0" / "0" / "0"
    torn.parent.mkdir(parents=True, exist_ok=True)
    torn.write_bytes(b"torn")
    acquire(plan(), tmp_path / "one", job=Job())
    assert len(calls) == 3 + 1
    assert digests(tmp_path / "one") == digests(whole.folder)


@pytest.mark.parametrize("text", ["{}", "[1]", "{torn"])
def test_damaged_truth_is_called_that(whole: Acquired, tmp_path: Path, text: str) -> None:
    shutil.copytree(whole.folder, tmp_path / "one")
    (tmp_path / "one" / "truth.json").write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError, match=r"truth\.json"):
        acquire(plan(), tmp_path / "one", job=Job())


def test_changed_folder_of_slices_has_another_checksum(tmp_path: Path) -> None:
    for name in ("a.tif", "b.tif"):
        (tmp_path / name).write_bytes(name.encode())
    of_folder = plan(structure={"kind": "file", "path": str(tmp_path)})
    before = structure_file(of_folder, Job())
    assert before is not None
    (tmp_path / "b.tif").write_bytes(b"other")
    assert structure_file(of_folder, Job()) != before


@pytest.mark.parametrize(
    ("gone", "images"),
    [
        (["1kV.tif"], 0),
        (["truth.tif"], 0),
        (["1kV.tif", "expected.zarr/2kV/signal/c/1/0/0"], 1),
        (["expected.zarr/2kV/signal/zarr.json"], 6),
        (["expected.zarr"], 6),
    ],
)
def test_what_a_finished_folder_has_lost_is_made_again(
    whole: Acquired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: list[str], images: int
) -> None:
    shutil.copytree(whole.folder, tmp_path / "one")
    for name in gone:
        path = tmp_path / "one" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    real, calls = imaging.shoot, []

    def counting(*args: object, **options: object) -> object:
        calls.append(1)
        return real(*args, **options)

    monkeypatch.setattr(imaging, "shoot", counting)
    made = acquire(plan(), tmp_path / "one", job=Job())
    assert not made.was_done
    assert len(calls) == images
    assert digests(tmp_path / "one") == digests(whole.folder)
    assert acquire(plan(), tmp_path / "one", job=Job()).was_done


def test_too_little_disk_is_refused_before_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(1000, 999, 1))
    with pytest.raises(NotEnoughDiskError):
        acquire(plan(), tmp_path / "one", job=Job())
    assert not (tmp_path / "one").exists()


def test_absurd_numbers_of_electrons_are_refused(tmp_path: Path) -> None:
    absurd = plan(
        field={"slices": 10000, "rows": 16384, "columns": 16384, "margin_nm": 0}, electrons_per_pixel=10**6
    )
    with pytest.raises(ParameterError, match="years"):
        acquire(absurd, tmp_path / "one", job=Job())
    assert not (tmp_path / "one").exists()


# ---- options
def test_options_change_what_they_should(tmp_path: Path) -> None:
    rich = plan(
        detectors=[TLD.model_dump(), ICD.model_dump()],
        voltages_kv=[1],
        field={"slices": 4, "rows": 48, "columns": 80, "margin_nm": 30},
        milling={"lost_slices": [1]},
        ruler={"on": True, "above_nm": 10, "cap_nm": 30, "mark_depth_nm": 20, "mark_width_nm": 15},
        drift={"walk_px": 2},
        image={"bits": 16, "noise": "dose", "edge_blur_px": 1},
        artefacts={"charging_percent": 10, "blank_slices": [3]},
    )
    made = acquire(rich, tmp_path / "one", job=Job())
    assert set(made.stacks) == {"1kV-TLD", "1kV-ICD"}
    stack = open_stack(made.stacks["1kV-TLD"])
    assert stack.info.shape == (3, 48, 80)
    assert stack.info.dtype == np.uint16
    truth = made.truth
    assert truth["slice_numbers"] == [0, 2, 3]
    assert truth["lost_slices"] == [1]
    assert truth["z_nm"] == [0, 20, 30]
    assert truth["thickness_nm"] == [20, 10]
    assert truth["dose"]["electrons_per_pixel"] == pytest.approx(9360, rel=0.001)
    assert truth["images"]["1kV-TLD"]["artefacts"]["blank"] == [3]
    assert stack.slice(2).std() < 0.2 * stack.slice(1).std()
    assert [mark["kind"] for mark in truth["ruler"]["marks"]] == [
        "parallel",
        "inclined",
        "inclined",
        "parallel",
    ]
    assert set(truth["fractions"]) == {"pore", "solid", "ruler cap", "ruler mark", "empty"}
    # More than two labels: the values are their numbers.
    names = ["pore", "solid", "ruler cap", "ruler mark", "empty"]
    assert truth["labels"] == {str(value): name for value, name in enumerate(names)}
    values, counts = np.unique(open_stack(made.truth_path).read(), return_counts=True)
    shares = dict(zip([truth["labels"][str(value)] for value in values], counts / counts.sum(), strict=True))
    assert shares == pytest.approx(truth["fractions"])
    assert any("electrons" in text for text in truth["warnings"])
    # Both detectors see the same slices at the same place.
    assert truth["shifts_px_yx"]["1kV-TLD"] == truth["shifts_px_yx"]["1kV-ICD"]
    assert np.any(truth["shifts_px_yx"]["1kV-TLD"][1])


def test_secondary_electrons_are_a_further_channel(tmp_path: Path) -> None:
    porous = plan(
        materials={"pore": "vacuum", "solid": "Al2O3"},
        voltages_kv=[2],
        field={"slices": 1, "margin_nm": 40},
        secondary={"other_yield": 5},
    )
    made = acquire(porous, tmp_path / "one", job=Job())
    assert set(made.stacks) == {"2kV-TLD", "2kV-SE"}
    assert whole_signal(made.folder, "2kV-SE", 0).max() > 1  # more than one per beam electron
    assert made.truth["balance"]["2kV"]["lost"] > 0
    assert any("left the simulated part" in text for text in made.truth["warnings"])


def test_unknown_yields_are_refused_before_work(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="yield of epoxy"):
        acquire(plan(secondary={}), tmp_path / "one", job=Job())
    assert not (tmp_path / "one").exists()


def test_cost_says_electrons_disk_memory_and_time() -> None:
    cost = estimate_cost(plan(), Job())
    assert cost.electrons == 2 * 3 * 24 * 32 * 10
    assert cost.disk_bytes == 2 * 3 * 24 * 32 * 9 + 9 * 24 * 32
    assert cost.memory_bytes > 10**6
    assert set(cost.electrons_per_second) == {"1kV", "2kV"}
    rates = cost.electrons_per_second.values()
    assert cost.seconds == pytest.approx(sum(3 * 24 * 32 * 10 / rate for rate in rates))
    assert estimate_cost(plan(), Job(), measure=False).seconds is None


def test_approximation_is_recorded_as_such(tmp_path: Path) -> None:
    made = acquire(plan(electrons="surrogate", voltages_kv=[1]), tmp_path / "one", job=Job())
    assert made.truth["electrons"] == "surrogate"
    assert made.truth["balance"] == {}
    assert any("no electrons were followed" in text for text in made.truth["warnings"])
    assert made.truth["electrons_per_pixel"] == made.truth["dose"]["electrons_per_pixel"] == 0
    (used,) = made.truth["approximation"]
    file = resources.path("surrogate") / f"{used['card']}.json"
    assert used["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert used["quality"] == json.loads(file.read_text(encoding="utf-8"))["quality"]
    real = take_pictures(plan(voltages_kv=[1], electrons_per_pixel=100), job=Job())
    assert (
        np.corrcoef(whole_signal(made.folder, "1kV", 0).ravel(), real[0].expected.signal.ravel())[0, 1] > 0.9
    )

"""``trueslice simulate yield``: what it answers, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.cli import main


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The JSON object that the command prints."""
    assert main(["simulate", "yield", *words, "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_gold(capsys: pytest.CaptureFixture[str]) -> None:
    told = answer(capsys, "--material", "Au", "--kv", "2", "--electrons", "200000", "--seed", "1")
    assert told["eta"] == pytest.approx(0.451, abs=0.005)
    assert told["eta_error"] == pytest.approx(0.0011, abs=0.0001)
    assert told["mean_energy_fraction"] == pytest.approx(0.727, abs=0.005)
    assert told["electrons_per_second"] > 1000
    assert told["range_nm"] == pytest.approx(35.2, rel=0.01)
    balance = told["balance"]
    assert balance["electrons"] == 200_000 == balance["backscattered"] + balance["absorbed"]
    assert balance["energy_in"] == pytest.approx(balance["energy_backscattered"] + balance["energy_absorbed"])
    assert sum(told["energy_histogram"]) == balance["backscattered"]
    assert told["energy_quantiles"]["50 %"] == pytest.approx(0.80, abs=0.01)


def test_options_reach_the_physics(capsys: pytest.CaptureFixture[str]) -> None:
    common = ("--material", "C", "--kv", "1", "--electrons", "100000")
    usual = answer(capsys, *common)
    without = answer(capsys, *common, "--inelastic-deflection", "off")
    assert usual["eta"] - without["eta"] == pytest.approx(0.016, abs=0.005)
    assert usual["mean_free_path_nm"] == pytest.approx(without["mean_free_path_nm"] * 6 / 7)
    formula = answer(capsys, *common, "--elastic", "browning", "--inelastic-deflection", "off")
    assert formula["eta"] == pytest.approx(0.104, abs=0.004)
    tilted = answer(capsys, *common, "--tilt-deg", "60")
    assert tilted["eta"] > 2 * usual["eta"]
    slow = answer(capsys, *common, "--cut-off-ev", "500")
    assert slow["eta"] < usual["eta"]
    assert slow["range_nm"] < usual["range_nm"]


def test_same_seed_same_numbers_whatever_the_threads(capsys: pytest.CaptureFixture[str]) -> None:
    told = [
        answer(capsys, "--material", "Si", "--electrons", "30000", "--seed", seed, "--threads", threads)
        for seed, threads in (("5", "1"), ("5", "3"), ("6", "1"))
    ]
    histograms = [one["energy_histogram"] for one in told]
    assert histograms[0] == histograms[1] != histograms[2]


def test_nothing_comes_back(capsys: pytest.CaptureFixture[str]) -> None:
    """One electron that happens to be absorbed: no mean energy, but valid JSON."""
    told = [answer(capsys, "--material", "C", "--electrons", "1", "--seed", str(seed)) for seed in range(4)]
    absorbed = [one for one in told if one["eta"] == 0]
    assert absorbed
    assert all(one["mean_energy_fraction"] is None for one in absorbed)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--material", "Au", "--kv", "0"), "kv"),
        (("--material", "Au", "--kv", "31"), "kv"),
        (("--material", "Au", "--kv", "nan"), "kv"),
        (("--material", "Au", "--electrons", "0"), "electrons"),
        (("--material", "Au", "--electrons", "1e99"), "electrons"),
        (("--material", "Au", "--seed", "-1"), "seed"),
        (("--material", "Au", "--threads", "0"), "threads"),
        (("--material", "Au", "--tilt-deg", "90"), "tilt_deg"),
        (("--material", "Au", "--kv", "0.5", "--cut-off-ev", "600"), "beam energy"),
        (("--material", "Au@-1"), "density"),
        (("--material", "Xx@1"), "unknown element"),
        (("--material", "vacuum"), "vacuum"),
    ],
)
def test_refused(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str) -> None:
    assert main(["simulate", "yield", *words, "--json"]) == 2
    assert message in json.loads(capsys.readouterr().out)["error"]

import argparse
import json

import pytest

from core.commands import simulate_surrogate
from core.job import Job, Progress
from core.simulate.surrogate import Card
from core.simulate.surrogate import calibrate as calibration


def answer(*words: str, job: Job | None = None) -> dict:
    parser = argparse.ArgumentParser()
    simulate_surrogate.add(parser.add_subparsers())
    parsed = parser.parse_args(["calibrate-surrogate", *words])
    return json.loads(json.dumps(parsed.function(parsed, job or Job())))


PAIR = ("--material", "epoxy", "Si", "--kv", "1", "--threads", "1")


def test_says_what_it_would_cost_and_does_nothing(tmp_path):
    told = answer(*PAIR, "--estimate-only", "-o", str(tmp_path))
    assert told["cost"]["electrons"] == calibration.electrons_for(300)
    assert told["cost"]["seconds"] > 0
    assert not list(tmp_path.iterdir())


def test_writes_cards(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "TRAINING_SAMPLES", 3)
    monkeypatch.setattr(calibration, "CHECK_SAMPLES", 1)
    monkeypatch.setattr(calibration, "STACKS", 3)
    seen: list[Progress] = []
    small = ("--electrons-per-pixel", "5", "-o", str(tmp_path))
    told = answer(*PAIR, *small, job=Job(report=seen.append))
    assert "electrons" in seen[0].message
    assert seen[-1].done == seen[-1].total == 7
    (card,) = told["cards"]
    assert card["correlation"] == pytest.approx(
        Card.load(tmp_path / "Si+epoxy_1kV_TLD.json").quality.correlation
    )

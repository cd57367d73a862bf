"""By which cards of the fast approximation a plan is imaged, and what they say of their error."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from core.simulate.acquisition.scene import Scene
from core.simulate.electrons.conditions import TLD, Detector
from core.simulate.plan import Plan
from core.simulate.surrogate.card import Card, card_for


def simulated_detectors(plan: Plan) -> tuple[Detector, ...]:
    """Detectors whose signal is simulated; secondary electrons follow from all that come back."""
    return plan.detectors if plan.secondary is None else (*plan.detectors, TLD)


def cards_of(scene: Scene, kv: float) -> tuple[Card, ...]:
    """The card of each detector at a voltage; the same for all slices.

    Raises
    ------
    ParameterError
        If there is none for these materials and conditions; it says for what there are some.
    """
    plan = scene.plan
    beam = plan.beam(kv)
    return tuple(
        card_for(scene.materials, beam, plan.physics, detector) for detector in simulated_detectors(plan)
    )


def cards_table(scene: Scene) -> list[dict[str, Any]]:
    """Name, checksum and stated error of every card; empty where electrons are followed."""
    if scene.plan.electrons != "surrogate":
        return []
    return [
        {
            "kv": kv,
            "detector": detector.name,
            "card": card.name,
            "sha256": _checksum(card),
            "quality": card.quality.model_dump(mode="json"),
        }
        for kv in scene.plan.voltages_kv
        for detector, card in zip(simulated_detectors(scene.plan), cards_of(scene, kv), strict=True)
    ]


def _checksum(card: Card) -> str:
    # Of what it says, so that only a change of that counts: the bytes that saving it writes.
    text = json.dumps(card.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    return hashlib.sha256(text.encode()).hexdigest()

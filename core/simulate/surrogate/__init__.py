"""A fast approximation of backscattered-electron images, calibrated against the Monte Carlo."""

from __future__ import annotations

from core.simulate.surrogate.card import Card, card_for, user_folder
from core.simulate.surrogate.predict import apply, predict

__all__ = ["Card", "apply", "card_for", "predict", "user_folder"]

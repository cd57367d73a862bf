"""What the computer has, in words, and without noise."""

from __future__ import annotations

import pytest

from core import hardware
from core.models import providers
from core.models.video_memory import VideoCard


def test_what_is_found_is_said_in_sentences() -> None:
    card = VideoCard("NVIDIA H200", 140 << 30, 130 << 30)
    found = hardware.Hardware("A fast one", 8, 16, 64 << 30, 32 << 30, (card,), "CUDA")
    processor, memory, cards, networks = found.sentences()
    assert "A fast one" in processor
    assert "8 cores, 16 threads" in processor
    assert "64.0 GiB" in memory
    assert cards == "Graphics card: NVIDIA H200, 140.0 GiB."
    assert "CUDA" in networks
    bare = hardware.Hardware("", None, 1, 1 << 30, 1 << 29, (), "", "there is no card")
    assert bare.sentences()[3] == "Networks compute on the processor: there is no card."


def test_this_computer_has_a_processor_and_memory() -> None:
    found = hardware.look()
    assert found.threads >= 1
    assert found.memory > found.free > 0
    assert bool(found.networks) != bool(found.why_not)


def test_a_listed_card_that_cannot_be_used_is_found_out_quietly(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """As on computers where onnxruntime lists CUDA and lacks its libraries."""
    listed = ((providers.CUDA, providers._OPTIONS[providers.CUDA]),)
    monkeypatch.setattr(providers, "_usable", lambda: listed)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    networks, why_not = hardware._networks(hardware.Job())
    if not networks:
        assert "CUDA cannot be used" in why_not
    assert capfd.readouterr() == ("", "")

"""What this computer computes with, in plain words; found out without noise on the terminal."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.errors import TruesliceError
from core.job import Job
from core.models.video_memory import VideoCard, video_cards

_GIB = 1 << 30


@dataclass(frozen=True)
class Hardware:
    """What was found.

    Attributes
    ----------
    processor : str
        Its name; empty where the system does not tell.
    cores : int or None
        Real ones, None where nobody knows.
    threads : int
        What the system calls processors.
    memory, free : int
        Of the machine, in bytes.
    cards : tuple of VideoCard
        Graphics cards of which the driver tells.
    networks : str
        What networks can compute on beside the processor: ``CUDA``, ``CoreML``, or nothing.
    why_not : str
        Why that is nothing, in words.
    """

    processor: str
    cores: int | None
    threads: int
    memory: int
    free: int
    cards: tuple[VideoCard, ...]
    networks: str
    why_not: str = ""

    def sentences(self) -> tuple[str, ...]:
        """One sentence each for processor, memory, graphics card, and what networks compute on."""
        cores = f"{self.cores} cores, " if self.cores else ""
        name = self.processor or "a processor of which the system does not tell the name"
        cards = "; ".join(f"{card.name}, {card.total / _GIB:.1f} GiB" for card in self.cards)
        if self.networks:
            networks = f"Networks can compute on it ({self.networks}); it was tried."
        else:
            networks = f"Networks compute on the processor: {self.why_not}."
        return (
            f"Processor: {name} ({cores}{self.threads} threads).",
            f"Memory: {self.memory / _GIB:.1f} GiB, of which {self.free / _GIB:.1f} GiB are free.",
            f"Graphics card: {cards}." if cards else "Graphics card: none that can compute was found.",
            networks,
        )


def look(job: Job | None = None) -> Hardware:
    """Find out what there is; loads onnxruntime, which takes a second the first time.

    Raises
    ------
    Cancelled
        If the job was stopped.
    """
    job = job or Job()
    memory = psutil.virtual_memory()
    processor, cards = processor_name(), video_cards()
    job.check()
    networks, why_not = _networks(job)
    return Hardware(
        processor,
        psutil.cpu_count(logical=False),
        os.cpu_count() or 1,
        int(memory.total),
        int(memory.available),
        cards,
        networks,
        why_not,
    )


def processor_name() -> str:
    """What the processor is called; empty where the system does not tell."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        if sys.platform == "win32":
            return _windows_name()
        if sys.platform == "darwin":
            command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
            told = subprocess.run(command, capture_output=True, text=True, timeout=2, check=False)
            return told.stdout.strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor()


def _windows_name() -> str:
    import winreg

    place = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:  # type: ignore[attr-defined,unused-ignore]
        value, _ = winreg.QueryValueEx(key, "ProcessorNameString")  # type: ignore[attr-defined,unused-ignore]
        return " ".join(str(value).split())


def _networks(job: Job) -> tuple[str, str]:
    """What networks can compute on beside the processor, tried on a tiny one; else why not."""
    from core.models.providers import accelerators, why_no_card
    from core.models.session import open_session

    if not accelerators("auto"):
        return "", why_no_card()
    job.check()
    with tempfile.TemporaryDirectory(prefix="trueslice-try-") as folder:
        file = Path(folder) / "tiny.onnx"
        file.write_bytes(_tiny_network())
        try:
            session = open_session(file, "gpu")
        except TruesliceError as error:
            return "", error.what
    if session.provider == "CPU":
        return "", "; ".join(session.notes).rstrip(".")
    return session.provider, ""


def _tiny_network() -> bytes:
    """A network of one blurring layer."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    kernel = numpy_helper.from_array(np.full((1, 1, 3, 3), 1 / 9, np.float32), "kernel")
    node = helper.make_node("Conv", ["images", "kernel"], ["result"], pads=[1, 1, 1, 1])
    shape: list[str | int | None] = ["batch", 1, "y", "x"]
    tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("images", "result")]
    graph = helper.make_graph([node], "tiny", tensors[:1], tensors[1:], [kernel])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())

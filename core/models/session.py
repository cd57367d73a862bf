"""Running a model: one session per file, shared by threads, reopened in other processes, stopped at once."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.errors import Cancelled, DamagedFileError, NotEnoughMemoryError, ReadError, TruesliceError
from core.job import Job
from core.machine import stated_threads
from core.models.providers import CPU, NAMES, Provider, Wanted, accelerators, effective, load_runtime

Floats: TypeAlias = NDArray[np.float32]
_Key: TypeAlias = tuple[int, str, int, int, Wanted, int]

_MOST_OPEN = 4
_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_TRIAL_PX = 128
"""Side of the trial image: a multiple of every usual stride."""
_AGREE = 1e-3


@dataclass
class Session:
    """A model that is ready to run.

    Made by `open_session`. It can be used from several threads at once, and pickled: the other process opens
    the file anew.

    Attributes
    ----------
    path : Path
    wanted : str
        ``"auto"``, ``"cpu"`` or ``"gpu"``.
    threads : int
        Threads of one run; 0: one per core.
    """

    path: Path
    wanted: Wanted
    threads: int
    _inner: Any = field(repr=False)
    _provider: str = CPU
    _notes: list[str] = field(default_factory=list)
    _shape: tuple[int, ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def provider(self) -> str:
        """What it runs on: ``CPU``, ``CUDA`` or ``CoreML``."""
        return NAMES[self._provider]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know: why an accelerator is not used."""
        return tuple(self._notes)

    @property
    def inputs(self) -> int:
        """Number of input channels."""
        return int(self._inner.get_inputs()[0].shape[1])

    @property
    def batch(self) -> int | None:
        """The only batch size the file allows; None: any."""
        size = self._inner.get_inputs()[0].shape[0]
        return size if isinstance(size, int) else None

    def run(self, x: NDArray[Any], job: Job | None = None) -> tuple[Floats, Floats | None]:
        """Run the network.

        Parameters
        ----------
        x : array of float, (batch, channel, [z,] y, x)
            Normalised images; sides in the plane are multiples of the model's stride.
        job : Job, optional
            Asked every tenth of a second whether to stop.

        Returns
        -------
        first, second : array of float32 and array of float32 or None
            The outputs, ``(batch, 1, [z,] y, x)`` and ``(batch, V, [z,] y, x)``.

        Raises
        ------
        Cancelled
            If the user asks to stop.
        NotEnoughMemoryError
            If the images are too large for the memory there is.
        TruesliceError
            If the network cannot be run on them.
        """
        inner = self._inner
        try:
            found = _run(inner, x, job, tidy=self._is_new(x.shape))
        except Exception as error:
            if isinstance(error, Cancelled) or self._provider == CPU:
                raise _translated(error, self.path, x.shape) from error
            self._fall_back(inner, error)
            return self.run(x, job)
        first = np.asarray(found[0], dtype=np.float32)
        return first, np.asarray(found[1], dtype=np.float32) if len(found) > 1 else None

    def _is_new(self, shape: tuple[int, ...]) -> bool:
        """Whether the last images had another shape."""
        before, self._shape = self._shape, shape
        return before != shape

    def _fall_back(self, failed: Any, error: Exception) -> None:
        with self._lock:
            if self._inner is failed:  # another thread may have been here first
                name = self.provider
                self._inner = _open(self.path, [], self.threads)
                self._provider = CPU
                self._notes.append(f"{name} failed ({_short(error)}): the processor is used instead")

    def __reduce__(self) -> tuple[Any, ...]:
        return open_session, (self.path, self.wanted, self.threads)


_opened: OrderedDict[_Key, Session] = OrderedDict()
_opening = threading.Lock()


def open_session(path: Path, providers: Wanted = "auto", threads: int = 0) -> Session:
    """Open a model that has been checked, or give the session that is open already.

    Parameters
    ----------
    path : Path
        The ONNX file.
    providers : str
        ``"auto"``: CUDA or CoreML where they are really usable and agree with the processor, unless
        `core.machine.device` says otherwise; ``"cpu"``; ``"gpu"``, which notes it where none can be used.
    threads : int
        Threads of one run; 0: as many as may compute at once, else one per core.

    Raises
    ------
    ReadError
        If there is no such file.
    DamagedFileError
        If onnxruntime cannot open it.
    """
    providers, threads = effective(providers), threads or stated_threads() or 0
    try:
        state = path.stat()
    except OSError as error:
        raise ReadError(f"cannot read {path}: {error.strerror or error}") from error
    key = (os.getpid(), str(path.absolute()), state.st_mtime_ns, state.st_size, providers, threads)
    with _opening:
        session = _opened.get(key)
        if session is None:
            session = _opened[key] = _new(path, providers, threads)
            while len(_opened) > _MOST_OPEN:
                _opened.popitem(last=False)
        _opened.move_to_end(key)
    return session


def _new(path: Path, wanted: Wanted, threads: int) -> Session:
    session = Session(path, wanted, threads, _open(path, [], threads))
    for provider in accelerators(wanted):
        name = provider[0]
        try:
            inner = _open(path, [provider], threads)
            if name not in inner.get_providers():
                raise RuntimeError("not available")
            apart = _difference(session._inner, inner)
        except Exception as error:  # noqa: BLE001 - drivers fail in many ways; the processor always works
            session._notes.append(f"{NAMES[name]} cannot be used ({_short(error)})")
            continue
        if apart <= _AGREE:
            session._inner, session._provider = inner, name
            break
        session._notes.append(
            f"{NAMES[name]} is not used: its results differ from the processor's by {apart:.2g}"
        )
    if wanted == "gpu" and session._provider == CPU and not session._notes:
        session._notes.append("No graphics card can be used here: the processor computes.")
    return session


def _open(path: Path, providers: list[Provider], threads: int) -> Any:
    """An `InferenceSession`.

    Raises
    ------
    DamagedFileError
        If there is no accelerator to blame.
    """
    runtime = load_runtime()
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # A plan of all memory for each shape is given back and taken again by every run: a tenth slower.
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.load_model_format", "ONNX")
    # Waiting threads give their core to those that read and write.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        inner = runtime.InferenceSession(
            str(path), options, providers=[*providers, CPU], enable_fallback=0, read_config_from_model=0
        )
        inner.disable_fallback()
    except Exception as error:
        if providers:
            raise
        raise DamagedFileError(
            f"{path.name} cannot be opened as a model: {_short(error)}",
            expected="an ONNX file",
            remedy="export the network again, or check the file with `trueslice models check`",
        ) from error
    return inner


def _difference(one: Any, other: Any) -> float:
    """Largest difference of the outputs for noise in a small image."""
    shape = [size if isinstance(size, int) else 1 for size in one.get_inputs()[0].shape]
    shape[-2:] = [_TRIAL_PX, _TRIAL_PX]
    if len(shape) == 5:
        shape[2] = 16
    noise = np.random.default_rng(0).uniform(-1.5, 1.5, shape).astype(np.float32)
    pairs = zip(_run(one, noise, None), _run(other, noise, None), strict=True)
    return max(float(np.abs(np.subtract(a, b, dtype=np.float64)).max()) for a, b in pairs)


def _run(inner: Any, images: NDArray[Any], job: Job | None, *, tidy: bool = False) -> list[Any]:
    """The outputs for some images; `tidy` gives the memory of the run back to the system."""
    runtime = load_runtime()
    given = inner.get_inputs()[0]
    options = runtime.RunOptions()
    options.log_severity_level = 4
    if tidy:  # every time would cost a tenth of the speed; never would pile up the needs of all shapes
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    feed = {given.name: np.ascontiguousarray(images, dtype=_TYPES.get(given.type, np.float32))}
    with _watched(options, job):
        return list(inner.run(None, feed, options))


@contextlib.contextmanager
def _watched(options: Any, job: Job | None) -> Iterator[None]:
    """Have the run end soon after the job is told to stop."""
    if job is None:
        yield
        return
    job.check()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            if job.stop.is_set():
                options.terminate = True
                return

    watcher = threading.Thread(target=watch, name="watch-run", daemon=True)
    watcher.start()
    try:
        yield
    except Exception:
        job.check()
        raise
    finally:
        done.set()
        watcher.join()


def _translated(error: Exception, path: Path, shape: tuple[int, ...]) -> Exception:
    if isinstance(error, (Cancelled, TruesliceError)):
        return error
    text = str(error).lower()
    if isinstance(error, MemoryError) or "bad_alloc" in text or "failed to allocate" in text:
        return NotEnoughMemoryError(
            f"{path.name}: not enough memory for images of {' x '.join(map(str, shape))}",
            remedy="use smaller tiles, or close other programs",
        )
    return TruesliceError(
        f"{path.name} cannot be run on images of {' x '.join(map(str, shape))}: {_short(error)}",
        remedy="check the model with `trueslice models check`",
    )


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__

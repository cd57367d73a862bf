"""dev.py: what is set up when, what is said when something is missing, the virtual display."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import dev

ROOT = Path(__file__).resolve().parents[2]
only_posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
only_xvfb = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with an environment that looks complete."""
    if sys.platform == "win32":
        pytest.skip("making links needs special rights on Windows")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "constraints.txt").write_text("numpy==2.0\n")
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "VENV", tmp_path / ".venv")
    dev.tool("python").parent.mkdir(parents=True)
    dev.tool("python").symlink_to(sys.executable)
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that dev.py would have run; each of them succeeds."""
    calls: list[list[str]] = []
    real = subprocess.run

    def record(command: list[str], **options: object) -> object:
        if "-c" in command:  # the probe of the interpreter
            return real(command, **options)  # type: ignore[call-overload]
        calls.append([str(part) for part in command])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", record)
    return calls


def test_second_set_up_does_nothing(project: Path, commands: list[list[str]]) -> None:
    dev.set_up(["gui", "dev"])
    assert commands[-1][-1] == f"{project}[dev,gui]"
    commands.clear()
    dev.set_up(["gui"])
    assert commands == []


def test_more_extras_are_added_to_those_there(project: Path, commands: list[list[str]]) -> None:
    dev.set_up(["gui"])
    dev.set_up(["dev"])
    assert commands[-1][-1] == f"{project}[dev,gui]"
    assert dev.is_ready(dev.read_stamp(), ["dev", "gui"])


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_changed_inputs_install_again(project: Path, commands: list[list[str]], name: str) -> None:
    dev.set_up(["gui"])
    (project / name).write_text("# changed\n")
    commands.clear()
    dev.set_up(["gui"])
    assert [command[-1] for command in commands] == [f"{project}[gui]"]


def break_pip(project: Path) -> None:
    (project / ".venv" / "unfinished").touch()
    (project / ".venv" / "stamp.json").unlink()


def break_python(project: Path) -> None:
    dev.tool("python").unlink()


def break_stamp(project: Path) -> None:
    (project / ".venv" / "unfinished").touch()
    (project / ".venv" / "stamp.json").write_text("{")


def move_folder(project: Path) -> None:
    stamp = project / ".venv" / "stamp.json"
    stamp.write_text(stamp.read_text().replace(str(project), "/elsewhere"))


@pytest.mark.parametrize("damage", [break_pip, break_python, break_stamp, move_folder])
def test_damaged_environment_is_made_anew(
    project: Path, commands: list[list[str]], damage: Callable[[Path], None]
) -> None:
    dev.set_up(["gui"])
    damage(project)
    commands.clear()
    dev.set_up(["gui"])
    assert commands[0][1:] == ["-m", "venv", "--clear", str(project / ".venv")]
    assert commands[1][-1] == f"{project}[gui]"


def test_failed_install_is_not_taken_for_done(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "is_reusable", lambda stamp: True)
    failure = subprocess.CompletedProcess([], 1)
    monkeypatch.setattr(subprocess, "run", lambda *command, **options: failure)
    with pytest.raises(dev.SetUpError, match="pip could not install"):
        dev.set_up(["gui"])
    assert dev.read_stamp() == {}
    assert (project / ".venv" / "unfinished").exists()


@pytest.fixture
def fake_dpkg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dpkg-query that knows xvfb as installed, libegl1 as removed, and nothing else."""
    script = tmp_path / "bin" / "dpkg-query"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho 'xvfb installed'\necho 'libegl1 config-files'\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent))


@only_posix
@pytest.mark.usefixtures("fake_dpkg")
def test_missing_packages_are_named_with_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(dev.SetUpError, match="apt-get install --no-install-recommends libegl1 libgl1"):
        dev.need_packages(["xvfb", "libegl1", "libgl1"])
    dev.need_packages(["xvfb"])
    dev.want_packages(["imagej"])
    assert "without imagej some tests are skipped" in capsys.readouterr().err


@only_posix
@pytest.mark.usefixtures("fake_dpkg")
def test_missing_packages_stop_the_tests(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert dev.main(["test"]) == 1
    assert "sudo apt-get update && sudo apt-get install" in capsys.readouterr().err


def test_without_dpkg_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert dev.missing_packages(["xvfb"]) == []


def test_old_python_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    assert dev.main(["test"]) == 1
    assert "needs Python 3.11 or newer; this is 3.10" in capsys.readouterr().err


def is_alive(number: str) -> bool:
    return Path(f"/tmp/.X11-unix/X{number.removeprefix(':')}").exists()


@only_xvfb
def test_each_display_is_free_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with dev.display() as first, dev.display() as second:
        assert first["DISPLAY"] != second["DISPLAY"]
        assert is_alive(first["DISPLAY"])
        assert is_alive(second["DISPLAY"])
    assert not is_alive(first["DISPLAY"])
    assert not is_alive(second["DISPLAY"])


@only_xvfb
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_display_ends_when_the_command_is_stopped(ending: signal.Signals, tmp_path: Path) -> None:
    shown = tmp_path / "display"
    inner = f"import os, time; open({str(shown)!r}, 'w').write(os.environ['DISPLAY']); time.sleep(60)"
    # Started in the background by a script, this process may ignore Ctrl-C, and hand that on.
    code = f"""if True:
        import dev, signal, sys
        signal.signal(signal.SIGINT, signal.default_int_handler)
        def pretend(rest):
            with dev.display() as env:
                return dev.run([sys.executable, "-c", {inner!r}], env)
        dev.COMMANDS["test"] = pretend
        sys.exit(dev.main(["test"]))"""
    env = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=env, start_new_session=True, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 20
    while not (shown.exists() and shown.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    number = shown.read_text()
    assert is_alive(number)
    if ending == signal.SIGINT:
        os.killpg(process.pid, ending)  # Ctrl-C reaches every program in the foreground
    else:
        process.send_signal(ending)
    assert process.wait(timeout=20) != 0
    assert not is_alive(number)


def test_given_display_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":77")
    with dev.display() as env:
        assert env["DISPLAY"] == ":77"


def test_strange_names_in_a_wheel_are_found(tmp_path: Path) -> None:
    wheel = tmp_path / "trueslice-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("app/__init__.py", "core/cli.py", "trueslice-1.dist-info/RECORD", "tests/conftest.py"):
            archive.writestr(name, "")
    assert dev.strange_names(wheel) == ["tests"]


def test_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["bench", "no-such-benchmark"]) == 2
    assert "no-such-benchmark" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "codes", "expected"),
    [([], [2, 2], 0), ([], [0, 2], 0), ([], [-9, 2], 9), (["a"], [2], 2), (["a", "--", "x"], [0], 0)],
)
def test_benchmarks_without_their_arguments_are_told_of(
    asked: list[str],
    codes: list[int],
    expected: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("a.py", "b.py", "_c.py"):
        (tmp_path / name).touch()
    monkeypatch.setattr(dev, "BENCHMARKS", tmp_path)
    monkeypatch.setattr(dev, "need_packages", lambda *_: None)
    monkeypatch.setattr(dev, "set_up", lambda *_: None)
    monkeypatch.setattr(dev, "display", contextlib.nullcontext)
    left, commands = iter(codes), []

    def ended(command: list[str], _env: object) -> int:
        commands.append([str(part) for part in command[2:]])
        return next(left)

    monkeypatch.setattr(dev, "run", ended)
    assert dev.main(["bench", *asked]) == expected
    assert len(commands) == len(codes)
    assert ("not run" in capsys.readouterr().err) == (not asked)
    if "--" in asked:
        assert commands == [["tests.benchmarks.a", "x"]]


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (0, 1)])
def test_two_commands_run_side_by_side(
    first: int, second: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # Each waits for the other, so that one after the other would never end well.
    meet = (
        "import pathlib, sys, time; own, other, code = sys.argv[1:]; pathlib.Path(own).touch()\n"
        "until = time.monotonic() + 60\n"
        "while not pathlib.Path(other).exists(): assert time.monotonic() < until; time.sleep(0.01)\n"
        "print(f'I am {pathlib.Path(own).name}'); sys.exit(int(code))"
    )
    a, b = tmp_path / "a", tmp_path / "b"
    code = dev.run_beside(
        [sys.executable, "-c", meet, a, b, str(first)],
        [sys.executable, "-c", meet, b, a, str(second)],
        dict(os.environ),
    )
    assert code == (first or second)
    assert capfd.readouterr().out.split() == ["I", "am", "a", "I", "am", "b"]


def test_no_test_is_left_out() -> None:
    folders = {path.name for path in (dev.ROOT / "tests").iterdir() if any(path.glob("**/test_*.py"))}
    assert {f"tests/{name}" for name in folders} == {*dev.TESTS_OF_WINDOWS, *dev.OTHER_TESTS}

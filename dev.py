#!/usr/bin/env python3
"""
The one command for developers: ``python3 dev.py app|demo|test|check|bench|build``.

Standard library only; works on Windows, macOS and Linux. Each sub-command first puts in place what it needs
(the virtual environment ``.venv``, the pinned packages and, on Debian and Ubuntu, shared libraries), which
takes minutes once and a moment ever after.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BENCHMARKS = ROOT / "tests" / "benchmarks"

OLDEST_PYTHON = (3, 11)
PROGRAM_EXTRAS = ("cluster", "gui")
DEVELOPER_EXTRAS = (*PROGRAM_EXTRAS, "dev", "train")

# What the Qt and OpenGL wheels expect of the system, as Debian and Ubuntu name it.
WINDOW_LIBRARIES = (
    "libgl1-mesa-dri",
    "libegl1",
    "libgl1",
    "libxkbcommon-x11-0",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-keysyms1",
    "libxcb-shape0",
    "libxcb-xinerama0",
    "libxcb-image0",
    "libxcb-render-util0",
    "libdbus-1-3",
)
TEST_PACKAGES = ("xvfb", *WINDOW_LIBRARIES)
IMAGEJ = "imagej"  # an independent reader for the tests of the export; they skip without it


TESTS_OF_WINDOWS = ("tests/app", "tests/system")
OTHER_TESTS = ("tests/core", "tests/packaging")


class SetUpError(Exception):
    """Something this machine lacks; the message says what to do."""


def say(message: str) -> None:
    """Print a line for the developer, apart from what the command itself prints."""
    print(f"dev.py: {message}", file=sys.stderr, flush=True)


def run(command: Sequence[str | Path], env: dict[str, str] | None = None) -> int:
    """Run `command` in the project folder to its end, through Ctrl-C, and return its exit code."""
    process = subprocess.Popen([str(part) for part in command], cwd=ROOT, env=env)
    try:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # the command got the same Ctrl-C and ends by itself
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def run_beside(first: Sequence[str | Path], second: Sequence[str | Path], env: dict[str, str]) -> int:
    """Run two commands at once; what the second says comes after the first. Exit code of the worse one."""
    with tempfile.TemporaryFile() as said:
        beside = subprocess.Popen(
            [str(part) for part in second], cwd=ROOT, env=env, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            code = run(first, env)
            if code not in (0, 1):  # stopped, or could not begin: the other one is not waited for
                beside.terminate()
            other = beside.wait()
        finally:
            if beside.poll() is None:
                beside.terminate()
                beside.wait()
        said.seek(0)
        sys.stdout.flush()
        shutil.copyfileobj(said, sys.stdout.buffer)
        sys.stdout.flush()
    return code or other


# ---------------------------------------------------------------- system packages (Debian, Ubuntu)


def missing_packages(names: Sequence[str]) -> list[str]:
    """Those of the Debian packages `names` that are not installed; none where there is no dpkg."""
    query = shutil.which("dpkg-query")
    if query is None or not names:
        return []
    answer = subprocess.run(
        [query, "--show", "--showformat=${Package} ${db:Status-Status}\n", *names],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # names the unknown ones, which the answer below shows by leaving them out
        text=True,
        check=False,
    )
    installed = {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in installed]


def is_root() -> bool:
    """Whether packages can be installed for the whole machine."""
    return sys.platform != "win32" and os.geteuid() == 0


def install_packages(names: Sequence[str]) -> None:
    """Install the Debian packages `names`; raises SetUpError when that fails."""
    say(f"installing {' '.join(names)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *names]
    for command in (["apt-get", "update"], install):
        if subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=False).returncode:
            raise SetUpError(f"this command failed: {' '.join(command)}")


def need_packages(names: Sequence[str]) -> None:
    """Make sure of the Debian packages `names`; raises SetUpError with the command where only root may."""
    missing = missing_packages(names)
    if not missing:
        return
    if not is_root():
        command = f"sudo apt-get update && sudo apt-get install --no-install-recommends {' '.join(missing)}"
        raise SetUpError(f"system packages are missing; please run\n\n    {command}\n\nand try again.")
    install_packages(missing)


def want_packages(names: Sequence[str]) -> None:
    """Install the Debian packages `names` where that is possible, and go on where it is not."""
    missing = missing_packages(names)
    if not missing:
        return
    if not is_root():
        say(f"without {' '.join(missing)} some tests are skipped (sudo apt-get install {' '.join(missing)})")
        return
    try:
        install_packages(missing)
    except SetUpError as error:
        say(f"{error}; going on without, some tests are skipped")


# ---------------------------------------------------------------- the virtual environment


def tool(name: str) -> Path:
    """Path of a program inside the virtual environment."""
    return VENV / "Scripts" / f"{name}.exe" if sys.platform == "win32" else VENV / "bin" / name


def stamp_of(extras: Iterable[str]) -> dict[str, object]:
    """What the environment is made from: the same value means that nothing has to be done."""
    inputs = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        inputs.update((ROOT / name).read_bytes())
    return {
        "python": "{}.{}".format(*sys.version_info),
        "folder": str(ROOT),
        "inputs": inputs.hexdigest(),
        "extras": sorted(extras),
    }


def read_stamp() -> dict[str, object]:
    """The stamp of the environment that is there; empty when there is none or its set-up did not end."""
    with contextlib.suppress(OSError, ValueError):
        stamp = json.loads((VENV / "stamp.json").read_text(encoding="utf-8"))
        if isinstance(stamp, dict):
            return stamp
    return {}


def is_ready(stamp: dict[str, object], extras: Iterable[str]) -> bool:
    """Whether an environment with this `stamp` has the present packages and at least `extras`."""
    present = stamp.get("extras")
    if not isinstance(present, list) or not set(extras) <= set(present):
        return False
    return stamp == {**stamp_of(extras), "extras": present} and tool("python").exists()


def is_reusable(stamp: dict[str, object]) -> bool:
    """Whether packages may be installed into the environment that is there."""
    if (VENV / "unfinished").exists():  # pip was cut off; what it left may look complete and not be
        return False
    if stamp and stamp.get("folder") != str(ROOT):  # the programs inside name the old folder
        return False
    probe = "import sys, pip; print('{}.{}'.format(*sys.version_info))"
    try:
        answer = subprocess.run([tool("python"), "-c", probe], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.stdout.strip() == "{}.{}".format(*sys.version_info)


def make_environment() -> None:
    """Create an empty virtual environment in place of whatever is there."""
    if importlib.util.find_spec("ensurepip") is None:
        need_packages(["python{}.{}-venv".format(*sys.version_info)])
    say("creating .venv")
    python = getattr(sys, "_base_executable", None) or sys.executable  # never the one that is replaced
    if subprocess.run([python, "-m", "venv", "--clear", str(VENV)], check=False).returncode:
        raise SetUpError(f"{python} cannot make a virtual environment in {VENV}")


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Let one process at a time through; the system opens the lock when its holder dies."""
    with path.open("a+b") as file:
        lock(file)
        yield


def lock(file: IO[bytes]) -> None:
    """Wait for the lock on the open `file`; closing it gives it back."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        while True:
            try:
                return msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            except OSError:  # gives up after ten seconds
                continue
    import fcntl

    return fcntl.flock(file, fcntl.LOCK_EX)


def set_up(extras: Sequence[str]) -> None:
    """Make sure that ``.venv`` holds the project with `extras`, in the pinned versions."""
    if is_ready(read_stamp(), extras):
        return
    with only_one(ROOT / ".venv.lock"):
        stamp = read_stamp()
        if is_ready(stamp, extras):  # the process that held the lock has done it
            return
        if not is_reusable(stamp):
            make_environment()
            stamp = {}
        present = stamp.get("extras")
        everything = sorted({*extras, *(present if isinstance(present, list) else [])})
        install_project(everything)


def install_project(extras: Sequence[str]) -> None:
    """Install the project, editable, with `extras`; the stamp is written last, when all is in place."""
    say("installing packages; the first time this downloads about a gigabyte and takes some minutes")
    stamp, unfinished = VENV / "stamp.json", VENV / "unfinished"
    stamp.unlink(missing_ok=True)
    unfinished.touch()
    pip = [str(tool("python")), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    what = ["--constraint", str(ROOT / "constraints.txt"), "--editable", f"{ROOT}[{','.join(extras)}]"]
    if subprocess.run([*pip, *what], stdout=sys.stderr, check=False).returncode:
        raise SetUpError("pip could not install the packages; its message is above")
    unfinished.unlink()
    partial = stamp.with_suffix(".partial")
    partial.write_text(json.dumps(stamp_of(extras), indent=1), encoding="utf-8")
    partial.replace(stamp)


# ---------------------------------------------------------------- the virtual display


@contextlib.contextmanager
def display() -> Iterator[dict[str, str]]:
    """The variables for programs with windows: of the display there is, else of a virtual one (Linux)."""
    if not sys.platform.startswith("linux") or os.environ.get("DISPLAY"):
        yield dict(os.environ)
        return
    if shutil.which("Xvfb") is None:
        raise SetUpError("there is no display; please install Xvfb (the package is often called xvfb)")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1920x1200x24", "-noreset", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C ends the tests first, the display after them
    )
    try:
        os.close(writing)
        with open(reading, encoding="ascii") as answer:  # the server chooses a free number and tells it
            number = answer.readline().strip()
        if not number:
            raise SetUpError("Xvfb did not start")
        env = {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        env.pop("WAYLAND_DISPLAY", None)
        yield env
    finally:
        server.terminate()
        server.wait()


# ---------------------------------------------------------------- the sub-commands


def command_app(arguments: Sequence[str]) -> int:
    """Open the window, with the files and folders given."""
    need_packages(WINDOW_LIBRARIES)
    set_up(PROGRAM_EXTRAS)
    return run([tool("trueslice"), *(["open", *arguments] if arguments else [])])


def command_demo(arguments: Sequence[str]) -> int:
    """Run the whole job on the bundled sample (--output DIR)."""
    set_up(PROGRAM_EXTRAS)
    return run([tool("trueslice"), "demo", *arguments])


def command_test(arguments: Sequence[str]) -> int:
    """Run the tests; arguments go to pytest. Without any, windows and the rest side by side."""
    need_packages(TEST_PACKAGES)
    want_packages([IMAGEJ])
    set_up(DEVELOPER_EXTRAS)
    pytest: tuple[str | Path, ...] = (tool("python"), "-m", "pytest")
    with display() as env:
        if arguments:
            return run([*pytest, *arguments], env)
        # Only one of the two opens windows: they would take the focus from each other.
        return run_beside([*pytest, *TESTS_OF_WINDOWS], [*pytest, *OTHER_TESTS], env)


def command_check(arguments: Sequence[str]) -> int:
    """Run ruff, mypy, the import contracts and the check of the generated pages."""
    del arguments
    set_up(DEVELOPER_EXTRAS)
    module = [str(tool("python")), "-m"]
    checks = {
        "ruff check": [*module, "ruff", "check", "."],
        "ruff format": [*module, "ruff", "format", "--check", "."],
        "mypy": [*module, "mypy"],
        "import contracts": [str(tool("lint-imports"))],
    }
    if (ROOT / "core" / "docs.py").exists():
        checks["generated pages"] = [*module, "core.docs", "--check"]
    failed = []
    for name, check in checks.items():
        say(name)
        if run(check):
            failed.append(name)
    say(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


def command_bench(arguments: Sequence[str]) -> int:
    """Run the benchmarks named, or all; what follows ``--`` is passed on to each."""
    names, passed = split(arguments)
    found = sorted(path.stem for path in BENCHMARKS.glob("*.py") if not path.stem.startswith("_"))
    unknown = [name for name in names if name not in found]
    if unknown or not found:
        say(f"no benchmark {' '.join(unknown)}; there are: {' '.join(found) or 'none'}")
        return 2
    need_packages(TEST_PACKAGES)
    set_up(DEVELOPER_EXTRAS)
    with display() as env:
        codes = {
            name: run([tool("python"), "-m", f"tests.benchmarks.{name}", *passed], env)
            for name in names or found
        }
    unfed = [name for name, code in codes.items() if code == 2 and not names]
    if unfed:
        say(f"not run, as they need arguments (dev.py bench NAME -- ARGUMENTS): {' '.join(unfed)}")
    # one that a signal has ended has a code below 0
    return max((abs(code) for name, code in codes.items() if name not in unfed), default=0)


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """What stands before and after ``--``."""
    if "--" not in arguments:
        return list(arguments), []
    place = arguments.index("--")
    return list(arguments[:place]), list(arguments[place + 1 :])


def command_build(arguments: Sequence[str]) -> int:
    """Build the wheel and the source archive in dist/ and look into the wheel."""
    del arguments
    set_up(DEVELOPER_EXTRAS)
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    code = run([tool("python"), "-m", "build", "--outdir", "dist", "."])
    if code:
        return code
    (wheel,) = (ROOT / "dist").glob("*.whl")
    strange = strange_names(wheel)
    if strange:
        say(f"{wheel.name} holds what does not belong there: {' '.join(strange)}")
        return 1
    say(f"dist/{wheel.name} holds app, core and resources only; installers for each system come later")
    return 0


def strange_names(wheel: Path) -> list[str]:
    """Top-level names in `wheel` other than app, core, resources and the wheel's own notes."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name.split("/")[0] for name in archive.namelist()}
    ours = {"app", "core", "resources"}
    return sorted(name for name in names if name not in ours and not name.endswith(".dist-info"))


COMMANDS = {
    "app": command_app,
    "demo": command_demo,
    "test": command_test,
    "check": command_check,
    "bench": command_bench,
    "build": command_build,
}


def parse(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The sub-command and what is passed on to it."""
    listing = "\n".join(f"  {name:6} {function.__doc__}" for name, function in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="dev.py", epilog=listing, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on")
    parsed = parser.parse_args(arguments)
    return parsed.command, parsed.arguments


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command and return its exit code."""
    if sys.version_info < OLDEST_PYTHON:
        say(
            "Trueslice needs Python {}.{} or newer; this is {}.{} ({}). ".format(
                *OLDEST_PYTHON, *sys.version_info[:2], sys.executable
            )
            + "Start dev.py with a newer one, for example: python3.11 dev.py demo"
        )
        return 1
    command, rest = parse(sys.argv[1:] if arguments is None else arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the display is ended, too
    try:
        return COMMANDS[command](rest)
    except SetUpError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main())

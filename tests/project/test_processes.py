"""What the tests start in the place of `python …` is a process as Python would have made it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from project.env import BASE_DIR
from tests.project.processes import Process
from tests.project.running import python

TOLD = "import os, sys; print(sys.argv, os.getcwd(), os.environ['SITE_NAME'], len(os.environ)); "


def test_it_has_its_own_arguments_folder_variables_output_errors_and_code() -> None:
    done = python("-c", TOLD + "print('no', file=sys.stderr); sys.exit(3)", "a b", SITE_NAME="Here")
    arguments, rest = done.stdout.split(" /", 1)
    assert arguments == "['-c', 'a b']"
    assert rest.startswith(f"{str(BASE_DIR)[1:]} Here ")
    assert (done.returncode, done.stderr) == (3, "no\n")


@pytest.mark.parametrize(
    ("code", "returned", "said"),
    [
        ("pass", 0, ""),
        ("raise SystemExit('because')", 1, "because\n"),
        ("raise SystemExit", 0, ""),
        ("1 / 0", 1, "ZeroDivisionError: division by zero\n"),
        ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL, ""),
        ("import atexit, sys; atexit.register(print, 'late', file=sys.stderr)", 0, "late\n"),
        ("import threading, sys; threading.Timer(0.1, print, ['late'], {'file': sys.stderr}).start()", 0, "late\n"),
    ],
)
def test_it_ends_as_python_ends(code: str, returned: int, said: str) -> None:
    done = python("-c", code)
    assert done.returncode == returned
    assert done.stderr.endswith(said)
    assert said or not done.stderr


def test_nothing_of_the_site_is_there_before_it_is_imported() -> None:
    """Every process reads the site's code and settings itself."""
    rooms = "{'accounts', 'desk', 'donations', 'lib', 'mail', 'organisation', 'pages', 'project', 'sandbox'}"
    done = python("-c", f"import sys; print([name for name in sys.modules if name.split('.')[0] in {rooms}])")
    assert done.stdout == "[]\n"
    done = python("-c", "from django.conf import settings; print(settings.configured)")
    assert done.stdout == "False\n"


@pytest.mark.parametrize("how", [["-m", "json.tool", "--help"], ["manage.py", "version"]])
def test_modules_and_files_run_as_python_runs_them(how: list[str]) -> None:
    variables = {"SECRET_KEY": "x" * 50, "DEBUG": "true"}
    done = python(*how, **variables)
    plain = subprocess.run(
        [sys.executable, *how], cwd=BASE_DIR, env=variables, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, plain.stdout)


def test_it_can_be_waited_for_signalled_and_read(tmp_path: Path) -> None:
    with (tmp_path / "errors").open("w") as errors:
        process = Process(("-c", "import time; print('here', flush=True); time.sleep(60)"), {}, errors)
    assert process.stdout.readline() == "here\n"
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    with pytest.raises(subprocess.TimeoutExpired):
        process.communicate(timeout=0.01)
    process.terminate()
    assert process.communicate() == ("", None)
    assert process.returncode == process.poll() == -signal.SIGTERM
    process.kill()  # of what has ended already


def test_errors_go_where_the_output_goes_if_no_file_is_named() -> None:
    process = Process(("-c", "import sys; print('a', flush=True); print('b', file=sys.stderr)"), {}, None)
    assert process.communicate(timeout=10) == ("a\nb\n", None)

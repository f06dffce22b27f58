"""A Python that has imported the libraries, and becomes whatever is asked for: `python -m tests.project.fork_server`.

The tests start hundreds of processes, and half of what each start takes is importing Django, Stripe's SDK and others.
So this one does that once, and forks. What it forks is a process like any other: it has its own environment, arguments
and files, imports every line of the site itself, and ends as Python ends. tests/project/processes.py is its client.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import time

# Nothing that reads settings when it is imported: those are another process's own.
LIBRARIES = """
    argon2 asyncio axes babel.numbers brotli environ markdown_it mdit_py_plugins.anchors.index nh3 PIL.Image
    PIL.ImageFont prometheus_client psycopg2 requests segno stripe tarfile waitress.server whitenoise.storage
    django_htmx.middleware django_otp django.contrib.admin.options django.contrib.admin.views.main
    django.contrib.auth.password_validation django.contrib.postgres.fields django.contrib.staticfiles.finders
    django.core.cache.backends.locmem django.core.handlers.wsgi django.core.mail.backends.smtp
    django.core.management.commands.migrate django.core.management.commands.runserver
    django.db.backends.postgresql.base django.db.backends.sqlite3.schema django.views.generic
"""


def wait_for_work(asked: socket.socket) -> list[str] | None:
    """The arguments of the process that this one has become; None when there is nobody left to ask.

    Asked for by four files: what to be (as JSON), its output, its errors, and where its number and its end are told.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, _forget_the_dead)
    while True:
        byte, files, _, _ = socket.recv_fds(asked, 1, 4)
        if not byte:
            return None
        if os.fork() == 0:
            asked.close()
            return _become(*files)
        for file in files:
            os.close(file)


def _forget_the_dead(*_: object) -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _become(what: int, output: int, errors: int, told: int) -> list[str]:
    """Forks once more, so that somebody waits for the process; comes back in the process alone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid:
        for file in (what, output, errors):
            os.close(file)
        os.write(told, f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    os.close(told)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.dup2(output, 1)
    os.dup2(errors, 2)
    for file in (output, errors):
        os.close(file)
    with os.fdopen(what) as asked:
        arguments, folder, variables = json.load(asked)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()
    return list(arguments)


def run(arguments: list[str]) -> None:
    """As `python ARGUMENTS` would."""
    match arguments:
        case ["-m", module, *more]:
            sys.argv = [module, *more]
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case ["-c", code, *more]:
            sys.argv = ["-c", *more]
            exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
        case [file, *_] if not file.startswith("-"):
            sys.argv = arguments
            runpy.run_path(file, run_name="__main__")
        case _:
            raise ValueError(f"not understood: {arguments}")


if __name__ == "__main__":
    for name in LIBRARIES.split():
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    if work := wait_for_work(socket.socket(fileno=int(sys.argv[1]))):
        run(work)

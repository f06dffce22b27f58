"""Runs the Dockerfile by hand, line by line, where there is no Docker: `python -m tests.system.deploy.dockerfile`.

In a clean tree of what is committed, less what .dockerignore leaves out; the paths of the image lie in a temporary
folder. What needs root (packages, the user) is left to Docker. Then the site is started as the image would, with its
tree read-only, and its health check asked.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from project.env import BASE_DIR
from tests.project.running import free_port

SECRET_KEY = "a-key-of-the-image-by-hand-" + "x" * 30


@dataclass(frozen=True)
class Step:
    word: str
    rest: str


def steps(text: str) -> list[Step]:
    """The Dockerfile's instructions, each on one line."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    return [Step(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def tree(to: Path) -> None:
    """What is committed, less what .dockerignore names."""
    packed = subprocess.run(["git", "archive", "HEAD"], cwd=BASE_DIR, stdout=subprocess.PIPE, check=True).stdout
    to.mkdir()
    subprocess.run(["tar", "-x", "-C", str(to)], input=packed, check=True)
    rules = [line for line in (to / ".dockerignore").read_text().split("\n") if line and not line.startswith("#")]
    for path in sorted(to.rglob("*"), reverse=True):
        name = str(path.relative_to(to))
        if any(fnmatch.fnmatch(name, rule) or fnmatch.fnmatch(name, f"{rule}/*") for rule in rules):
            path.rmdir() if path.is_dir() else path.unlink()


def build(root: Path) -> dict[str, str]:
    """Do what can be done without root; the environment that the image has then."""
    app, venv = root / "app", root / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    environment = {"PATH": f"{venv}/bin:{os.environ['PATH']}", "HOME": str(root)}
    environment |= {name: os.environ[name] for name in os.environ if name.startswith(("PIP_", "SSL_"))}
    for step in steps((app / "Dockerfile").read_text()):
        rest = step.rest.replace("/app", str(app)).replace("////data", f"///{root}/data")
        if step.word == "ENV":
            environment |= dict(pair.split("=", 1) for pair in shlex.split(rest))
        elif step.word == "RUN" and "apt-get" not in rest:
            print(f"RUN {rest}", flush=True)
            subprocess.run(["sh", "-c", rest], cwd=app, env=environment, check=True)
    return environment


def start(root: Path, environment: dict[str, str]) -> None:
    """Start it as the image would, and ask its health check until it says yes. Raises when it does not in a minute."""
    app = root / "app"
    (root / "data").mkdir(mode=0o700)
    # Root may write all the same: then it has to be seen that it did not.
    subprocess.run(["chmod", "-R", "a-w", str(app)], check=True)
    before = _files(app)
    found = {step.word: step.rest for step in steps((app / "Dockerfile").read_text())}
    command = json.loads(found["CMD"])
    health = json.loads(found["HEALTHCHECK"].partition("CMD ")[2])
    environment = environment | {"SECRET_KEY": SECRET_KEY, "SANDBOX": "true", "EMAIL_URL": "dummymail://"}
    environment["PORT"] = str(free_port())
    site = subprocess.Popen(command, cwd=app, env=environment)
    try:
        deadline = time.monotonic() + 60
        while subprocess.run(health, cwd=app, env=environment, capture_output=True, check=False).returncode:
            if time.monotonic() > deadline or site.poll() is not None:
                raise SystemExit("the site did not become healthy")
            time.sleep(0.5)
    finally:
        site.terminate()
        site.wait(40)
    if changed := _files(app).items() ^ before.items():
        raise SystemExit(f"these were written: {sorted({str(path) for path, _ in changed})}")
    print("healthy, on a tree that nobody may write to")


def _files(app: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.lstat().st_size, path.lstat().st_mtime_ns) for path in app.rglob("*")}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        root = Path(folder)
        tree(root / "app")
        try:
            start(root, build(root))
        finally:
            subprocess.run(["chmod", "-R", "u+w", str(root / "app")], check=True)


if __name__ == "__main__":
    main()

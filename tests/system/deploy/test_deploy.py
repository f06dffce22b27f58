"""What stands in deploy/ and beside it, as far as it can be looked at without the machines that it is for."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from project.env import BASE_DIR
from tests.system.deploy.dockerfile import steps

UNIT = BASE_DIR / "deploy" / "tincup.service"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_understands_the_unit_and_finds_it_well_shut(tmp_path: Path):
    # The programs that it starts have to be there.
    unit = tmp_path / "tincup.service"
    here = UNIT.read_text().replace("/srv/tincup", str(BASE_DIR))
    unit.write_text(re.sub(r"^(User|Group)=.*\n", "", here, flags=re.MULTILINE))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=30)
    # It also reads the units of the machine, which are not ours.
    assert not [line for line in done.stderr.splitlines() if "tincup" in line], done.stderr
    unit.write_text(UNIT.read_text())
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(unit)], capture_output=True, text=True, timeout=30
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told.stdout)
    assert found, told.stderr
    assert float(found[1]) <= 2.0


def composed() -> dict[str, Any]:
    return dict(yaml.safe_load((BASE_DIR / "compose.yaml").read_text())["services"])


def test_in_compose_nothing_but_the_proxy_is_reached_from_outside():
    assert [name for name, service in composed().items() if "ports" in service] == ["caddy"]


def test_in_compose_the_site_may_write_its_data_alone():
    site = composed()["site"]
    assert site["read_only"] is True
    assert site["cap_drop"] == ["ALL"]
    assert site["volumes"] == ["site:/data"]
    assert site["environment"]["TRUSTED_PROXIES"] == "1"
    assert int(site["stop_grace_period"].removesuffix("s")) > 25, "longer than the server drains"


def test_every_variable_of_compose_is_set_or_asked_for():
    text = (BASE_DIR / "compose.yaml").read_text()
    assert all(":?" in variable for variable in re.findall(r"\$\{[^}]*\}", text)), "an empty one would be no password"


def test_the_image_runs_as_nobody_in_particular_and_is_asked_how_it_is():
    words = [step.word for step in steps((BASE_DIR / "Dockerfile").read_text())]
    assert words.index("USER") < words.index("CMD")
    assert "HEALTHCHECK" in words
    ignored = (BASE_DIR / ".dockerignore").read_text().splitlines()
    assert {".env", "data", ".git", "tincup-*.tar.gz*", "**/*.sqlite3*"} <= set(ignored), "no key and no donor in it"


@pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is not installed")
def test_caddy_understands_its_file():
    file = BASE_DIR / "deploy" / "Caddyfile"
    done = subprocess.run(
        ["caddy", "validate", "--config", str(file), "--adapter", "caddyfile"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert "not formatted" not in done.stderr


def pins(file: str) -> set[str]:
    """Name and version of each line of a requirements file, without extras, comments and hashes."""
    lines = (BASE_DIR / file).read_text().splitlines()
    return {
        re.sub(r"\[.*?\]", "", line.split("#")[0].split("\\")[0]).strip().lower().replace("_", "-")
        for line in lines
        if re.match(r"[A-Za-z]", line)
    }


def test_the_lock_pins_what_the_requirements_pin_and_nothing_else():
    """`make lock` writes it anew."""
    assert pins("requirements.lock") == pins("requirements.txt")
    locked = (BASE_DIR / "requirements.lock").read_text()
    blocks = re.split(r"\n(?=[a-z])", locked)
    assert all("--hash=sha256:" in block for block in blocks if re.match(r"[a-z]", block))


def test_the_image_has_the_python_that_the_tests_run_on():
    target = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["tool"]["ruff"]["target-version"]
    assert f"FROM python:{target[2]}.{target[3:]}-slim" in (BASE_DIR / "Dockerfile").read_text()

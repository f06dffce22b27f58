"""Who may import whom, and the laws that a reader could break without noticing."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = (
    *("accounts", "demo", "desk", "donations", "lib", "limits", "mail", "organisation", "pages", "project", "sandbox"),
    "upkeep",
)

# The plan: what stands in a row may import what stands further right in it, and nothing else of ours. A name means the
# room with all that is in it, except for the rooms that are named themselves; so a new file needs no new row.
PLAN = """
donations > donations.giving > donations.shield > donations.donors > donations.reporting donations.stripe > donations.ledger > donations.wall > donations.models > donations.domain > lib
donations > donations.jobs > donations.jobs.registry donations.shield donations.stripe donations.reporting donations.wall donations.models mail limits
donations > donations.shield donations.donors donations.ledger > mail > lib
donations.giving donations.shield donations.donors donations.reporting donations.wall > organisation > lib
donations.giving donations.shield donations.donors > limits > lib
desk > accounts.data
desk > donations.jobs donations.shield donations.reporting donations.stripe donations.ledger donations.wall donations.models donations.domain upkeep.doctor mail organisation lib
accounts > donations.donors donations.jobs.registry mail organisation limits lib
pages > donations.giving.form_token donations.giving.goal donations.reporting donations.wall organisation lib
upkeep > upkeep.doctor > upkeep.backup > donations.jobs donations.jobs.registry donations.stripe donations.ledger donations.models mail lib
sandbox > sandbox.api sandbox.console sandbox.checkout > sandbox.worker sandbox.operator > sandbox.engine > sandbox.webhooks > sandbox.objects > sandbox.core > sandbox.models sandbox.router
demo > sandbox sandbox.api sandbox.objects sandbox.models sandbox.router donations.stripe donations.ledger donations.models donations.domain mail organisation lib
project > donations.jobs donations.ledger upkeep.metrics organisation lib sandbox.worker
"""  # noqa: E501  (a row is read as a row)


def modules(app: str) -> dict[str, ast.Module]:
    files = [file for file in (ROOT / app).rglob("*.py") if "migrations" not in file.parts]
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): ast.parse(file.read_text())
        for file in files
    }


def imports(tree: ast.Module) -> set[str]:
    """Every module that the code imports, also inside functions; `from a import b` gives a and a.b."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a thing comes from"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@cache
def everything() -> dict[str, set[str]]:
    """Every module of ours, and the modules of ours that it imports."""
    trees = {name: tree for app in APPS for name, tree in modules(app).items()}
    return {name: (imports(tree) & trees.keys()) - {name} for name, tree in trees.items()}


def plan() -> dict[str, set[str]]:
    """Room -> the rooms that it may import."""
    allowed: dict[str, set[str]] = {}
    for row in PLAN.strip().splitlines():
        floors = [floor.split() for floor in row.split(">")]
        for number, floor in enumerate(floors):
            below = {room for lower in floors[number + 1 :] for room in lower}
            for room in floor:
                allowed.setdefault(room, set()).update(below)
    return allowed


def narrowest(module: str, names: Iterable[str]) -> str:
    """The narrowest of these rooms that the module is in."""
    return max((name for name in names if f"{module}.".startswith(f"{name}.")), key=len, default="")


@pytest.mark.parametrize("app", APPS)
def test_rooms_import_only_what_the_plan_allows(app: str) -> None:
    allowed = plan()
    rooms = {room for room, below in allowed.items() if below} | {"lib"}
    doors = rooms.union(*allowed.values())
    for module, used in everything().items():
        if module.split(".")[0] != app:
            continue
        room = narrowest(module, rooms)
        # A package's name alone opens no door: what is taken from it is listed as well.
        taken = {path for path in used if not any(other.startswith(f"{path}.") for other in used)}
        forbidden = {
            path for path in taken if narrowest(path, rooms) != room and narrowest(path, doors) not in allowed[room]
        }
        assert not forbidden, f"{module} imports {sorted(forbidden)}"


def test_the_plan_names_only_rooms_that_exist() -> None:
    for room in plan():
        assert any(f"{module}.".startswith(f"{room}.") for module in everything()), room


def test_no_folder_is_crowded_and_no_module_long() -> None:
    """What nobody can take in at a glance hides its plan."""
    for folder in {
        path.parent for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts
    }:
        files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(files) <= 14, f"{folder.relative_to(ROOT)} holds {len(files)} modules"
        for file in files:
            assert len(file.read_text().splitlines()) <= 260, f"{file.relative_to(ROOT)} is long"


def test_law_7_one_module_imports_stripe() -> None:
    users = {
        name
        for app in APPS
        for name, tree in modules(app).items()
        if any(path.split(".")[0] == "stripe" for path in imports(tree))
    }
    assert users == {"donations.stripe.client"}


def test_pages_do_without_what_is_heavy() -> None:
    """Stripe's library, Pillow and the like cost a tenth of a second and many megabytes: loaded when they are used."""
    heavy = {"stripe", "requests", "PIL", "psycopg2", "segno"}
    trees = {name: tree for app in APPS for name, tree in modules(app).items()}
    loaded, waiting = set[str](), {"project.wsgi", "project.urls", "project.settings", "project.serve"}
    waiting |= {f"{app}.{part}" for app in APPS for part in ("apps", "models", "admin")}
    while waiting:
        loaded.add(name := waiting.pop())
        used = at_once(trees[name]) if name in trees else set()
        assert not {path for path in used if path.split(".")[0] in heavy}, f"{name} imports {used & heavy}"
        waiting |= (used & trees.keys()) - loaded
    assert len(loaded) > 100


def at_once(tree: ast.Module) -> set[str]:
    """What is imported when the module is: not what a function imports, or what is for the types alone."""
    body = list[ast.stmt]()
    for node in tree.body:
        if isinstance(node, ast.If):
            body += node.orelse if ast.unparse(node.test) == "TYPE_CHECKING" else node.body + node.orelse
        else:
            body.append(node)
    return imports(ast.Module([node for node in body if isinstance(node, ast.Import | ast.ImportFrom)], []))


def test_law_4_one_module_writes_the_ledger_and_the_status() -> None:
    """No other module makes a LedgerEntry or sets a donation's status, checkout, settling_failed or flags."""
    facts = {"status", "checkout", "settling_failed", "flags"}
    for app in APPS:
        for name, tree in modules(app).items():
            # refunds_and_disputes only says what rows a case asks for; posting writes them.
            if (
                name.startswith(
                    ("donations.ledger.posting", "donations.models", "donations.ledger.refunds_and_disputes")
                )
                or app == "sandbox"
            ):
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
                    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                    written = {t.attr for t in targets if isinstance(t, ast.Attribute) and _is_donation(t.value)}
                    assert not written & facts, f"{name} sets {written & facts}"
                if isinstance(node, ast.Call):
                    called = ast.unparse(node.func)
                    keywords = {keyword.arg for keyword in node.keywords}
                    assert called != "LedgerEntry", f"{name} makes a ledger row"
                    assert not called.startswith("LedgerEntry.objects") or not called.endswith(
                        ("create", "update", "delete", "get_or_create", "bulk_create", "update_or_create")
                    ), f"{name} writes the ledger"
                    if "Donation" in called and called.endswith(("update", "create", "Donation")):
                        assert not keywords & facts, f"{name} writes {keywords & facts}"


def test_one_function_edits_what_the_wall_depends_on() -> None:
    """Else a place on the wall would stand as it was until the daily repair."""
    fields = {"name", "name_state", "public", "user", "user_id"}
    for name, tree in modules("donations").items() | modules("desk").items() | modules("accounts").items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and name != "donations.wall.placements":
                called = ast.unparse(node.func)
                written = {keyword.arg for keyword in node.keywords} & fields
                assert not (called.endswith(".update") and "Donation" in called and written), f"{name} writes {written}"


def _is_donation(node: ast.expr) -> bool:
    return "donation" in ast.unparse(node).lower()


def test_law_8_the_domain_does_not_know_that_the_sandbox_exists() -> None:
    for name, tree in modules("donations").items():
        words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {
            node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
        }
        assert not {word for word in words if "sandbox" in word.lower()}, name


def test_law_1_no_float_in_the_domain() -> None:
    """Only seconds may be floats."""
    for name, tree in modules("donations").items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"float", "round"}, name


@pytest.mark.parametrize(
    "level",
    [
        pytest.param(lambda module: module, id="modules"),
        pytest.param(lambda module: ".".join(module.split(".")[:2]), id="rooms"),
        pytest.param(lambda module: module.split(".")[0], id="apps"),
    ],
)
def test_there_are_no_circles(level: Callable[[str], str]) -> None:
    graph: dict[str, set[str]] = {}
    for module, used in everything().items():
        graph.setdefault(level(module), set()).update({level(path) for path in used} - {level(module)})
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " → ".join((*way, name))
        if name not in done:
            for other in graph[name]:
                visit(other, (*way, name))
            done.add(name)

    for name in graph:
        visit(name, ())

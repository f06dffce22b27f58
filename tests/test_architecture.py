"""Who may import whom, and the laws that a reader could break without noticing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "demo", "donations", "mail", "organisation", "pages", "project", "sandbox")

# Module of donations -> what else of Tincup it may import. What is not named here may import nothing of ours.
MAY_IMPORT = {
    "money": set(),
    "reports": set(),
    "facts": {"reports"},
    "states": {"reports"},
    "models": {"states", "money", "reports"},
    "gateway": {"money"},
    "cases": {"reports", "states", "models"},
    "totals": {"models"},
    "receipts": {"models"},
    "triggers": {"models"},
    "retention": {"models"},
    "standings": {"models"},
    "wall": {"models"},
    "words": {"models", "standings"},
    "locales": set(),
    "ledger": {"cases", "receipts", "reports", "standings", "states", "models", "totals"},
    "inbox": {"facts", "ledger", "models", "persons", "reports"},
    "persons": set(),
    "checkout": {"models", "gateway", "locales", "states"},
    "tokens": set(),
    "healing": {"cases", "gateway", "facts", "ledger", "inbox", "models", "reports", "states"},
    "books": {"facts", "gateway", "models", "money", "reports", "totals"},
    "reconciling": {"books", "facts", "gateway", "healing", "inbox", "ledger", "models", "reports", "states", "totals"},
    "cup": set(),
    "fees": {"models"},
    "reaches": {"fees", "models", "money"},
    "goal": {"cup", "money", "queries"},
    "months": {"models", "states"},
    "letters": {"fees", "models", "money", "receipts", "states"},
    "payouts": {"facts", "gateway", "models"},
    "exports": {"models", "states"},
    "export_formats": {"exports", "money"},
    "refunding": {"facts", "gateway", "healing", "inbox", "models", "money", "reports", "states"},
    "chores": {"books", "errands", "healing", "models", "payouts", "refunding", "retention", "standings"},
    "errands": set(),
    "queries": {"models", "money", "states"},
    "claims": {"models", "money", "standings"},
    "history": {"models", "states"},
    "erasure": {"models", "persons", "standings"},
    "mine": {"claims", "forms", "history", "models", "money", "queries", "receipts", "states", "words"},
    "forms": {"checkout", "money", "words"},
    "views": {
        *("checkout", "claims", "forms", "goal", "healing", "models", "money", "queries", "reaches", "receipts"),
        *("reports", "states", "tokens", "words"),
    },
    "api": {"forms", "checkout", "queries", "models", "money", "states"},
    "webhooks": {"gateway", "inbox"},
    "desk": {"books", "chores", "inbox", "models", "money", "reports", "states"},
    "admin": {
        *("desk", "fees", "gateway", "healing", "models", "money", "standings", "words"),
        *("export_formats", "exports", "offline", "payouts", "refunding"),
    },
    "offline": {"ledger", "models", "reports"},
    "checks": {"models", "triggers"},
    "apps": {"checks", "letters", "triggers"},
    "urls": {"views", "api", "mine", "webhooks"},
    "templatetags.desk": {"desk"},
    "management.since": set(),
    "management.commands.housekeeping": {"chores"},
    "management.commands.reconcile": {"management.since", "reconciling"},
    "management.commands.verify_books": {"books", "chores", "gateway", "management.since"},
}


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


def ours(names: set[str], app: str) -> set[str]:
    return {name for name in names if name.split(".")[0] == app}


def test_the_rooms_of_the_domain_import_only_what_the_plan_allows() -> None:
    rooms = modules("donations")
    for name, tree in rooms.items():
        room = _room(name)
        used = {
            _room(path)
            for path in ours(imports(tree), "donations")
            if path in rooms and path != "donations" and _room(path) != room
        }
        assert used <= MAY_IMPORT.get(room, set()), f"{name} imports {sorted(used - MAY_IMPORT.get(room, set()))}"


def _room(name: str) -> str:
    """The models are one room of several files, and so are the desk and the admin."""
    inside = name.removeprefix("donations").removeprefix(".")
    room = inside.partition(".")[0]
    return room if room in {"models", "desk", "admin"} else inside


@pytest.mark.parametrize(
    ("app", "others"),
    [
        # It knows both sides, and nobody knows it.
        ("demo", {"accounts", "pages", "project"}),
        ("donations", {"accounts", "demo", "pages", "sandbox"}),
        ("sandbox", {"accounts", "demo", "pages", "donations", "project", "stripe"}),
        ("organisation", {"accounts", "demo", "mail", "pages", "project", "sandbox"}),
        ("mail", {"accounts", "demo", "donations", "pages", "project", "sandbox"}),
        ("accounts", {"demo", "sandbox"}),
        ("pages", {"demo", "sandbox"}),
    ],
)
def test_apps_know_only_what_is_below_them(app: str, others: set[str]) -> None:
    for name, tree in modules(app).items():
        known = {path.split(".")[0] for path in imports(tree)} & others
        assert not known, f"{name} imports {known}"


# What the other apps may see of the domain.
DOORS = {
    "pages": {"queries", "claims", "money", "wall", "goal", "months"},
    "accounts": {"queries", "claims", "money", "history", "erasure", "errands"},
    # Its admin lets people type amounts in major units.
    "organisation": {"money"},
}


@pytest.mark.parametrize("app", DOORS)
def test_the_other_apps_see_the_domain_through_its_doors(app: str) -> None:
    for name, tree in modules(app).items():
        doors = {".".join(path.split(".")[:2]) for path in ours(imports(tree), "donations")}
        assert doors <= {"donations", *(f"donations.{door}" for door in DOORS[app])}, name


def test_law_7_one_module_imports_stripe() -> None:
    users = {
        name
        for app in APPS
        for name, tree in modules(app).items()
        if any(path.split(".")[0] == "stripe" for path in imports(tree))
    }
    assert users == {"donations.gateway"}


def test_law_4_one_module_writes_the_ledger_and_the_status() -> None:
    """No other module makes a LedgerEntry or sets a donation's status, checkout, settling_failed or flags."""
    facts = {"status", "checkout", "settling_failed", "flags"}
    for app in APPS:
        for name, tree in modules(app).items():
            # donations.cases only says what rows a case asks for; donations.ledger writes them.
            if name.startswith(("donations.ledger", "donations.models", "donations.cases")) or app == "sandbox":
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


def test_there_are_no_cycles() -> None:
    graph = {
        name: {path for path in imports(tree) if path in all_modules and path != name}
        for all_modules in [{name: tree for app in APPS for name, tree in modules(app).items()}]
        for name, tree in all_modules.items()
    }
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " → ".join((*way, name))
        if name not in done:
            for other in graph[name]:
                visit(other, (*way, name))
            done.add(name)

    for name in graph:
        visit(name, ())

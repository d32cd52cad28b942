"""Lists that tools/pages.py writes are up to date; scopes, claims and roles are all named."""

import runpy
from dataclasses import fields

from certhub.auth.claims import Claims
from certhub.auth.scopes import SCOPES
from certhub.auth.viewer import AgencyType
from certhub.rules.entry_points import ENTRY_POINTS
from certhub.rules.params import current_ruleset
from certhub.sandbox.roles import ROLES

from .sources import DOCS, ROOT, page

_CLAIM_NAMES = {
    "subject": "sub",
    "token_id": "jti",
    "institution_ids": "institution_id",
    "scopes": "scope",
}


def test_lists_are_what_the_tool_writes() -> None:
    made = runpy.run_path(str(ROOT / "tools" / "pages.py"))["pages"]()

    stale = [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text]

    assert stale == [], "run: python tools/pages.py"
    assert {path.relative_to(DOCS).as_posix() for path in made} >= {
        "errors/README.md",
        "rules.md",
        "scopes.md",
    }


def test_every_entry_point_and_group_of_figures_is_listed() -> None:
    text = page("rules.md")

    assert [code for code in ENTRY_POINTS if f"| `{code}` |" not in text] == []
    assert [code for code in current_ruleset().groups if f"| `{code}` |" not in text] == []


def test_every_scope_and_role_is_listed() -> None:
    for name in ("scopes.md", "policy.md"):
        assert [scope for scope in SCOPES if f"`{scope}`" not in page(name)] == []
        assert [role for role in ROLES if f"`{role}`" not in page(name)] == []


def test_every_claim_and_agency_type_is_explained() -> None:
    text = page("scopes.md")
    claims = [_CLAIM_NAMES.get(field.name, field.name) for field in fields(Claims)]

    assert [claim for claim in claims if f"`{claim}`" not in text] == []
    assert [str(kind) for kind in AgencyType if f"| `{kind}` |" not in text] == []

"""``certhub receipt``: is this receipt what the hub signed?"""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..domain.errors import InvalidInput

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="收據。 Signed receipts.")


@app.callback()
def _root() -> None:
    """收據。 Signed receipts."""


@app.command()
def verify(
    file: Annotated[
        Path, typer.Argument(help="收據檔,- 為標準輸入。 A receipt, or an answer with one.")
    ],
    keys: Annotated[Path | None, typer.Option(help="公鑰檔(JWK 集)。 Public keys.")] = None,
) -> None:
    """離線驗證收據。 Check a receipt without the hub; exit code 1 unless it is genuine."""
    from ..store.receipts import receipt_in, verify_receipt
    from .keysets import verification_keys

    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        found = receipt_in(json.loads(text))
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"{file}: expected a receipt as JSON", f"{file}:應為 JSON 收據"
        ) from error
    if found is None:
        raise InvalidInput(
            f"{file}: holds no receipt (an object with `content` and `jws`)",
            f"{file}:查無收據(含 `content` 與 `jws` 之物件)",
        )
    content, jws = found
    if not verify_receipt(content, jws, verification_keys(keys)):
        print("NOT GENUINE: content and signature do not fit, or the key is unknown")
        raise typer.Exit(1)
    print(f"genuine: {content.get('kind')} {content.get('id')} of {content.get('issuedAt')}")

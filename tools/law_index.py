"""Writes src/rules/law_index/<code>.yaml from dated law texts: which articles, paragraphs, items exist.

Usage: python tools/law_index.py FOLDER   (FOLDER/<code>/<promulgated>.json, as ../shared/law)

Only the structure goes into the package, not the text: enough to prove that every citation points
at something that exists in the version it names.
"""

import json
import re
import sys
from pathlib import Path

import yaml

ARTICLE = re.compile(r"第\s*(\d+(?:-\d+)?)\s*條")
ITEM = re.compile(r"^\s*[一二三四五六七八九十]+、")
TARGET = Path(__file__).parent.parent / "src" / "rules" / "law_index"


def structure(content: str) -> list[int]:
    """Items (款) of each paragraph (項), in order."""
    paragraphs: list[int] = []
    ended = True
    for line in content.splitlines():
        if not line.strip():
            continue
        # Older texts are broken at a fixed width: a line goes on until a sentence ends.
        goes_on, ended = not ended, line.rstrip()[-1] in "。：︰:；;"
        if goes_on:
            continue
        if ITEM.match(line) and paragraphs:
            paragraphs[-1] += 1
        elif re.match(r"^\s*[（(〈][一二三四五六七八九十]+[)）〉]", line):
            continue  # 目, below an item
        else:
            paragraphs.append(0)
    return paragraphs


def main(folder: Path) -> None:
    for law in sorted(folder.iterdir()):
        versions: dict[str, dict[str, str]] = {}
        title = ""
        for file in sorted(law.glob("*.json")):
            raw = json.loads(file.read_text(encoding="utf-8"))
            title = raw["法規名稱"]
            articles: dict[str, str] = {}
            for part in raw["法規內容"]:
                match = ARTICLE.match(part.get("條號", ""))
                if match:
                    key = match[1].replace("-", ".")
                    articles[key] = " ".join(map(str, structure(part["條文內容"])))
            versions[file.stem] = articles
        index = {"code": law.name, "title": title, "versions": versions}
        text = yaml.safe_dump(index, allow_unicode=True, sort_keys=False, width=1000)
        (TARGET / f"{law.name}.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

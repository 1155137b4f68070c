"""Write the documents that are derived from the code: `python -m tools.write_docs docs`."""

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml

from contracts.schema import asyncapi, json_schemas
from hub.app import create_app
from hub.config import HubConfig

ROOT = Path(__file__).parents[1]


def documents() -> dict[str, str]:
    """Return the text of every derived document by its path under docs."""
    texts = {f"schemas/{name}.json": as_json(part) for name, part in json_schemas().items()}
    texts["asyncapi.yaml"] = yaml.safe_dump(
        asyncapi(_version()), sort_keys=False, allow_unicode=True, width=100
    )
    texts["openapi.json"] = as_json(create_app(HubConfig()).openapi())
    return texts


def as_json(document: dict[str, Any]) -> str:
    """Return a document as it lies in docs."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> list[Path]:
    """Write all documents under `folder` and return the ones that changed."""
    changed = []
    for name, text in documents().items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def _version() -> str:
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return version


if __name__ == "__main__":
    for written in write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs")):
        sys.stdout.write(f"wrote {written}\n")

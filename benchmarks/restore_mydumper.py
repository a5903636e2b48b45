"""A mydumper 1.0 directory in its LOAD DATA form, made from the Shell dump and Debian's mydumper 0.10 beside it.

mydumper 1.0 is in no package source used here. What it writes with ``--format LOAD_DATA`` was seen from 1.0.1: INI
metadata, a statement file and a ``.dat`` for each chunk, JSON through CONVERT, here with ``--hex-blob``.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import zstandard

if TYPE_CHECKING:
    from pathlib import Path

NAME = "mydumper-load-data"
_HEAD = "/*!40101 SET NAMES binary*/;\n/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\n/*!40103 SET TIME_ZONE='+00:00' */;\n"
_FORM = " FIELDS TERMINATED BY '\\t' ENCLOSED BY '' ESCAPED BY '\\\\' LINES STARTING BY '' TERMINATED BY '\\n' "
_META = "# Started dump at: 2026-01-02 03:04:05\n[config]\nquote-character = BACKTICK\n"


def write(directory: Path) -> None:
    """Write it below ``directory``, where ``shell`` and ``mydumper`` are already. Does nothing where it was done."""
    target = directory / NAME
    if (target / "metadata").exists() or not (directory / "mydumper").exists():
        return
    target.mkdir(exist_ok=True)
    for file in (directory / "mydumper").glob("shop*-schema*.sql"):
        shutil.copyfile(file, target / file.name)
    metadata = _META
    rows: dict[str, int] = json.loads((directory / "counts.json").read_text())
    for about in sorted((directory / "shell").glob("shop@*.json")):
        table = about.stem.partition("@")[2]
        metadata += f"\n[`shop`.`{table}`]\nreal_table_name={table}\nrows = {rows[table]}\n"
        create = (target / f"shop.{table}-schema.sql").read_text()
        into = _columns(json.loads(about.read_text())["options"], create)
        for number, chunk in enumerate(sorted(about.parent.glob(f"{about.stem}@*.tsv.zst"))):
            base = f"shop.{table}.{number:05}"
            (target / f"{base}.dat").write_bytes(zstandard.decompress(chunk.read_bytes()))
            statement = f"LOAD DATA LOCAL INFILE '{base}.dat' INTO TABLE `{table}`{_FORM}{into};\n"
            (target / f"{base}.sql").write_text(_HEAD + statement)
    (target / "metadata").write_text(metadata + "# Finished dump at: 2026-01-02 03:04:06\n")


def _columns(options: dict[str, object], create: str) -> str:
    """List the columns as the statement has them, and how those are stored that stand otherwise in the file."""
    decoded = options["decodeColumns"]
    assert isinstance(decoded, dict)
    assert isinstance(options["columns"], list)
    turned = {name: f"{how}(@`{name}`)" for name, how in decoded.items()}
    turned |= {name: f"CONVERT(@`{name}` USING UTF8MB4)" for name in options["columns"] if f"`{name}` json" in create}
    listed = ",".join(f"@`{name}`" if name in turned else f"`{name}`" for name in options["columns"])
    assigned = ",".join(f"`{name}`={how}" for name, how in turned.items())
    return f"({listed}){' SET ' + assigned if assigned else ''}"

"""Makes a pack of a form from a spreadsheet in XLSForm's manner (xlsform.org), for staff.

Sheets: ``survey`` (type, name, label::zh, hint::zh, required, relevant, min, max,
constraint_message::zh, personal), ``choices`` (list_name, name, label::zh, aliases) and
``settings`` (form_title, form_id, version, group, responsible, phone, purpose, retention_days).
A type is ``select_one LIST``, ``select_multiple LIST``, ``integer``, ``date``, ``time``, ``phone``,
``digits`` or ``acknowledge``; free text has no place at a kiosk with five keys.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.records import shortened

_SHEETS = ("survey", "choices", "settings")
_MOST = 400
"""Rows that are read of a sheet."""
MAX_BYTES = 5 * 1024 * 1024
"""Of a spreadsheet, packed and unpacked."""
_WHOLE = re.compile(r"-?\d{1,15}(\.0+)?", re.ASCII)
_RELEVANT = re.compile(r"\s*\$\{([a-z0-9-]+)\}\s*=\s*['\"‘’]([a-z0-9-]+)['\"‘’]\s*")


class BadSheet(ValueError):
    """The text names sheet, row, column, value and remedy."""


def pack_from(sheet: Path) -> dict[str, str]:
    """The files of a pack: contents by name.

    Raises:
        BadSheet: it cannot be read, or lacks what a form needs.
    """
    tables = _tables(sheet)
    settings = next(iter(tables["settings"]), (0, {}))[1]
    for key in ("form_id", "form_title", "responsible"):
        if not settings.get(key):
            raise BadSheet(f"sheet 'settings': the column {key} is empty; write it in row 2")
    lists: dict[str, list[str]] = {}
    for row, values in tables["choices"]:
        label = _label(values, "label", "choices", row)
        aliases = [one for one in re.split(r"[|，,]", values.get("aliases", "")) if one.strip()]
        entry = f"{{name = {_q(values.get('name', ''))}, label = {_q(label)}"
        entry += f", aliases = {_q(aliases)}}}" if aliases else "}"
        lists.setdefault(values.get("list_name", ""), []).append(entry)
    form = [f"type = {_q('form')}", f"title = {_q(settings['form_title'])}"]
    form += [f"source = {_q(sheet.name)}"]
    for row, values in tables["survey"]:
        form += _question(row, values, lists)
    id = settings["form_id"]
    manifest = {
        "id": id,
        "version": _whole(settings, "version") or 1,
        "title": settings["form_title"],
        "group": settings.get("group") or "办事",
        "responsible": settings["responsible"],
        "phone": settings.get("phone", ""),
        "purpose": settings.get("purpose", ""),
        "retention_days": _whole(settings, "retention_days"),
    }
    head = [f"{key} = {_q(value)}" for key, value in manifest.items() if value not in ("", 0)]
    return {"pack.toml": "\n".join(head) + "\n", "form.toml": "\n".join(form) + "\n"}


def _whole(settings: Mapping[str, str], column: str) -> int:
    written = settings.get(column, "")
    if not _WHOLE.fullmatch(written or "0"):
        raise BadSheet(f"sheet 'settings', column {column}: '{written[:20]}' is no whole number")
    return int(float(written or 0))


def _question(row: int, values: Mapping[str, str], lists: Mapping[str, list[str]]) -> list[str]:
    kind, _, named = values.get("type", "").partition(" ")
    lines = ["", "[[question]]", f"name = {_q(values.get('name', ''))}", f"type = {_q(kind)}"]
    lines.append(f"label = {_q(_label(values, 'label', 'survey', row))}")
    if hint := values.get("hint::zh", ""):
        lines.append(f"hint = {_q(hint)}")
    if named:
        if named not in lists:
            raise BadSheet(
                f"sheet 'survey', row {row}, column type: there is no list '{named}' in the "
                f"sheet 'choices'; its lists are {', '.join(lists) or 'none'}"
            )
        lines.append("choice = [" + ", ".join(lists[named]) + "]")
    if values.get("required", "").lower() in ("no", "false", "0", "否"):
        lines.append("required = false")
    if relevant := values.get("relevant", ""):
        found = _RELEVANT.fullmatch(relevant)
        if found is None:
            raise BadSheet(
                f"sheet 'survey', row {row}, column relevant: '{relevant}'; "
                "write ${question} = 'answer'"
            )
        lines.append(f"relevant = {_q(f'{found[1]}={found[2]}')}")
    for bound in ("min", "max"):
        if number := values.get(bound, ""):
            if not _WHOLE.fullmatch(number):
                raise BadSheet(
                    f"sheet 'survey', row {row}, column {bound}: '{number[:20]}' is no whole number"
                )
            lines.append(f"{bound} = {int(float(number))}")
    if said := values.get("constraint_message::zh", ""):
        lines.append(f"constraint_message = {_q(said)}")
    if values.get("personal", "").lower() in ("yes", "true", "1", "是"):
        lines.append("personal = true")
    return lines


def _label(values: Mapping[str, str], column: str, sheet: str, row: int) -> str:
    label = values.get(f"{column}::zh") or values.get(column, "")
    if not label:
        raise BadSheet(f"sheet '{sheet}', row {row}: the column {column}::zh is empty; write it")
    return label


def _q(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _tables(path: Path) -> dict[str, list[tuple[int, dict[str, str]]]]:
    import openpyxl  # slow to import

    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadSheet(f"{path}: more than {MAX_BYTES} bytes; split it")
        with zipfile.ZipFile(path) as packed:
            if sum(info.file_size for info in packed.infolist()) > 4 * MAX_BYTES:
                raise BadSheet(f"{path}: unpacks to too much; make it anew")
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        if missing := [name for name in _SHEETS if name not in book.sheetnames]:
            raise BadSheet(
                f"{path}: no sheet '{missing[0]}'; call the sheets survey, choices, settings"
            )
        return {name: list(_rows(book[name])) for name in _SHEETS}
    except BadSheet:
        raise
    except Exception as error:  # the library raises of every kind at a spoiled file
        said = shortened(f"{type(error).__name__}: {error}", 200)
        raise BadSheet(f"{path}: cannot be read ({said}); save it as .xlsx") from error


def _rows(sheet: Any) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows that are not empty, with their numbers, by the names in the first row."""
    names: list[str] = []
    for number, cells in enumerate(sheet.iter_rows(max_row=_MOST, values_only=True), 1):
        texts = ["" if cell is None else str(cell).strip() for cell in cells]
        if not names:
            names = texts
        elif any(texts):
            yield number, {n: text for n, text in zip(names, texts, strict=False) if n and text}

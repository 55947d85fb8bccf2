"""Writers of the raw files: appended to block by block, byte for byte the same for the same rows."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import Protocol
from xml.sax.saxutils import escape

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

ROWS_PER_SHEET = 1_000_000  # Excel ends at 1,048,576
EPOCH = date(1899, 12, 30)  # day 0 of Excel's calendar
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest time a ZIP entry can have


class Writer(Protocol):
    """A file that takes rows until it is closed."""

    def append(self, rows: pd.DataFrame) -> None:
        """Add rows; the first ones decide the columns."""

    def close(self) -> None:
        """Finish the file."""


class Csv:
    """Delimited text.

    Parameters
    ----------
    path : Path
        File to write.
    delimiter, encoding : str
        As the system that would write such a file does it.
    """

    def __init__(self, path: Path, delimiter: str = ";", encoding: str = "utf-8"):
        self._delimiter = delimiter
        self._file = path.open("w", encoding=encoding, newline="")
        self._begun = False

    def append(self, rows: pd.DataFrame) -> None:
        """Add rows; the first ones bring the header."""
        rows.to_csv(self._file, sep=self._delimiter, index=False, header=not self._begun, lineterminator="\r\n")
        self._begun = True

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class JsonLines:
    """One JSON object per line."""

    def __init__(self, path: Path):
        self._file = path.open("w", encoding="utf-8")

    def append(self, rows: pd.DataFrame) -> None:
        """Add rows."""
        rows.to_json(self._file, orient="records", lines=True, force_ascii=False)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class Parquet:
    """A Parquet file, one row group per block."""

    def __init__(self, path: Path):
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def append(self, rows: pd.DataFrame) -> None:
        """Add rows; the first ones decide the schema."""
        table = pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)
        self._writer = self._writer or pq.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table.cast(self._writer.schema))

    def close(self) -> None:
        """Finish the file."""
        if self._writer:
            self._writer.close()


class Excel:
    """An Excel file of one sheet, continued in ``…_2.xlsx`` and so on when a sheet is full.

    Written without openpyxl, which stamps the hour into each file and takes minutes for a million rows. Texts are
    written as texts, numbers as numbers, days (``datetime64``) as Excel's dates, missing values as empty cells. A
    column of objects may mix them.
    """

    def __init__(self, path: Path, sheet: str):
        self._path, self._sheet = path, sheet
        self._part, self._rows = 0, 0
        self._archive: zipfile.ZipFile | None = None

    def append(self, rows: pd.DataFrame) -> None:
        """Add rows; each file begins with the header."""
        for start in range(0, len(rows), ROWS_PER_SHEET):
            piece = rows.iloc[start : start + ROWS_PER_SHEET]
            if self._archive is None or self._rows + len(piece) > ROWS_PER_SHEET:
                self._open(list(piece.columns))
            cells = sum((_cells(piece[column]) for column in piece.columns[1:]), start=_cells(piece.iloc[:, 0]))
            self._sheet_file.write(("<row>" + cells + "</row>").str.cat().encode())
            self._rows += len(piece)

    def close(self) -> None:
        """Finish the file."""
        if self._archive is not None:
            self._sheet_file.write(b"</sheetData></worksheet>")
            self._sheet_file.close()
            self._archive.close()
            self._archive = None

    def _open(self, columns: list[str]) -> None:
        self.close()
        self._part, self._rows = self._part + 1, 0
        suffix = "" if self._part == 1 else f"_{self._part}"
        self._archive = zipfile.ZipFile(self._path.with_stem(self._path.stem + suffix), "w", zipfile.ZIP_DEFLATED)
        for name, content in FRAME.items():
            self._archive.writestr(_entry(name), content.replace("SHEET", escape(self._sheet)))
        self._sheet_file = self._archive.open(_entry("xl/worksheets/sheet1.xml"), "w", force_zip64=True)
        header = _cells(pd.Series(columns)).str.cat()
        self._sheet_file.write(f"{XML}<worksheet {MAIN}><sheetData><row>{header}</row>".encode())


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _cells(values: pd.Series) -> pd.Series:
    """A column as XML cells."""
    if pd.api.types.is_datetime64_any_dtype(values):
        days = (values - pd.Timestamp(EPOCH)) / pd.Timedelta(days=1)
        cells = '<c s="1"><v>' + days.astype(str) + "</v></c>"
    elif pd.api.types.is_numeric_dtype(values):
        cells = "<c><v>" + values.astype(str) + "</v></c>"
    elif values.dtype == object and (known := values[~values.map(lambda cell: isinstance(cell, str))]).size:
        texts = _cells(values[values.map(lambda cell: isinstance(cell, str))].astype("str"))
        return pd.concat([texts, _cells(known.infer_objects())]).reindex(values.index)
    else:
        text = values.astype("str").str.replace("&", "&amp;").str.replace("<", "&lt;").str.replace(">", "&gt;")
        cells = '<c t="inlineStr"><is><t>' + text + "</t></is></c>"
    return cells.where(values.notna() & (values.astype("str") != ""), "<c/>").astype("str")


XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
FRAME = {  # everything of a workbook but the rows
    "[Content_Types].xml": f'{XML}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/></Types>',
    "_rels/.rels": f'{XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{XML}<workbook {MAIN} xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="SHEET" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f"{XML}<styleSheet {MAIN}>"
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy\\ hh:mm"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}

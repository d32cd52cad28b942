"""Blocks of a form as an OpenDocument sheet (.ods) or text (.odt).

Every cell is text: no value in it can become a formula. Nothing of the machine or of whoever asked
goes into the file's metadata.
"""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from xml.sax.saxutils import escape

from odfdo import Document, Element, Style
from odfdo.style_base import StyleBase

from .cells import plain_cell, writable
from .form_model import Block, Grid, Line, PageBreak

__all__ = ["write_ods", "write_odt"]

_PAGE = 26.5
_BORDER = "0.05pt solid #000000"
_FONTS = {"": "'Times New Roman'", "-asian": "標楷體"}


def _text_style(name: str, family: str, line: Line) -> Style:
    style = Style(family, name=name)
    align = "center" if line.centred else "start"
    style.set_properties({"fo:text-align": align, "fo:margin-bottom": "0.15cm"}, area="paragraph")
    style.set_properties(_letters(line.size, bold=line.bold), area="text")
    return style


def _letters(size: int, *, bold: bool = False) -> dict[str, str]:
    found = {}
    for script, font in _FONTS.items():
        prefix = "style:" if script else "fo:"
        found[f"{prefix}font-size{script}"] = f"{size}pt"
        if bold:
            found[f"{prefix}font-weight{script}"] = "bold"
        found[f"{prefix}font-family{script}"] = font
    return found


def _cell_style(name: str, *, border: bool, line: Line | None = None) -> Style:
    style = Style("table-cell", name=name)
    cell = {"fo:wrap-option": "wrap", "style:vertical-align": "middle", "fo:padding": "0.08cm"}
    if border:
        cell["fo:border"] = _BORDER
    style.set_properties(cell, area="table-cell")
    align = "center" if line is not None and line.centred else "start"
    style.set_properties({"fo:text-align": align}, area="paragraph")
    size, bold = (10, False) if line is None else (line.size, line.bold)
    style.set_properties(_letters(size, bold=bold), area="text")
    return style


class _Styles:
    """Styles of a document, each made once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._made: set[str] = set()

    def name(self, name: str, make: Style) -> str:
        """``name``, made if it is new."""
        if name not in self._made:
            self._document.insert_style(make, automatic=True)
            self._made.add(name)
        return name

    def column(self, width: float) -> str:
        """For a column of that many centimetres."""
        name = f"w{round(width * 100)}"
        style = Style("table-column", name=name)
        style.set_properties({"style:column-width": f"{width}cm"}, area="table-column")
        return self.name(name, style)

    def table(self, width: float) -> str:
        """For a table of a text document, of that many centimetres."""
        name = f"t{round(width * 100)}"
        style = Style("table", name=name)
        style.set_properties({"style:width": f"{width}cm", "table:align": "center"}, area="table")
        return self.name(name, style)

    def line(self, line: Line, family: str, *, breaks: bool = False) -> str:
        """For a line: a paragraph, on a new page or not, or a cell of a sheet."""
        looks = f"{'c' if line.centred else 's'}{'b' if line.bold else 'n'}{'p' if breaks else ''}"
        key = f"{family[0]}{line.size}{looks}"
        if key in self._made:
            return key
        if family != "paragraph":
            return self.name(key, _cell_style(key, border=False, line=line))
        made = _text_style(key, family, line)
        if breaks:
            made.set_properties({"fo:break-before": "page"}, area="paragraph")
        return self.name(key, made)

    def grid(self, *, heading: bool) -> str:
        """For a cell of a table."""
        key = "head" if heading else "cell"
        if key in self._made:
            return key
        shown = Line("", centred=heading, bold=heading, size=10)
        return self.name(key, _cell_style(key, border=True, line=shown))

    def inside(self, cell: str) -> str:
        """For paragraphs within a cell of that style, in a text document."""
        key = f"in{cell}"
        if key in self._made:
            return key
        shown = Line("", centred=cell == "head", bold=cell == "head", size=9)
        return self.name(key, _text_style(key, "paragraph", shown))


def _landscape(document: Document, width: float) -> None:
    """A4, turned where the widest table needs it."""
    sideways = width > 18
    size = ("29.7cm", "21cm") if sideways else ("21cm", "29.7cm")
    for layout in document.get_styles("page-layout"):
        assert isinstance(layout, StyleBase)
        layout.set_properties(
            {
                "fo:page-width": size[0],
                "fo:page-height": size[1],
                "style:print-orientation": "landscape" if sideways else "portrait",
                "fo:margin": "1.5cm",
            },
            area="page-layout",
        )


def _saved(document: Document, title: str, stamp: datetime) -> bytes:
    meta = document.meta
    meta.title = title
    meta.language = "zh-TW"
    meta.creation_date = stamp.replace(tzinfo=None, microsecond=0)
    meta.date = stamp.replace(tzinfo=None, microsecond=0)
    meta.generator = "certhub"
    for name in list(meta.user_defined_metadata):
        meta.delete_user_defined_metadata_of_name(name)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _widths(blocks: Iterable[Block]) -> Sequence[float]:
    """Of the table with the most columns: the sheet has one set of columns."""
    grids = [block.widths for block in blocks if isinstance(block, Grid)]
    return max(grids, key=len, default=(17.0,))


def _paragraphs(text: str, style: str | None = None) -> str:
    """Text as paragraphs, a line each; what no XML can hold is replaced."""
    named = f' text:style-name="{style}"' if style else ""
    return "".join(f"<text:p{named}>{escape(part)}</text:p>" for part in text.split("\n"))


_COVERED = "<table:covered-table-cell/>"


def _cell(text: str, style: str, inside: str | None = None, span: tuple[int, int] = (1, 1)) -> str:
    """A cell that holds text and can hold nothing else; ``span`` in rows and columns."""
    rows, columns = span
    spanned = (
        f' table:number-rows-spanned="{rows}" table:number-columns-spanned="{columns}"'
        if span != (1, 1)
        else ""
    )
    return (
        f'<table:table-cell table:style-name="{style}" office:value-type="string"{spanned}>'
        f"{_paragraphs(text, inside)}</table:table-cell>"
    )


def _row(cells: Iterable[str]) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def _table(
    name: str, columns: Iterable[str], rows: Iterable[str], style: str | None = None
) -> Element:
    # Written as text: an object per cell would take seconds for a class.
    shown = "".join(f'<table:table-column table:style-name="{style}"/>' for style in columns)
    title = escape(name, {'"': "&quot;"})
    looks = f' table:style-name="{style}"' if style else ""
    return Element.from_tag(
        f'<table:table table:name="{title}"{looks}>{shown}{"".join(rows)}</table:table>'
    )


def write_ods(blocks: Sequence[Block], title: str, stamp: datetime) -> bytes:
    """One sheet: lines over the whole width, tables below one another.

    Args:
        blocks: In order; a page break is left to the printer.
        title: Name of the sheet.
        stamp: Instant of the file's making.
    """
    document = Document("spreadsheet")
    document.body.clear()
    styles = _Styles(document)
    widths = _widths(blocks)
    rows: list[str] = []
    for block in blocks:
        if isinstance(block, Line):
            style = styles.line(block, "table-cell")
            first = _cell(plain_cell(block.text), style, span=(1, len(widths)))
            rows.append(_row([first, *(_COVERED for _ in widths[1:])]))
        elif isinstance(block, Grid):
            rows += _grid(block, styles, inside=False)
    document.body.append(_table(title, map(styles.column, widths), rows))
    _landscape(document, sum(widths))
    return _saved(document, title, stamp)


def _grid(grid: Grid, styles: _Styles, *, inside: bool) -> Iterable[str]:
    """Rows of a table; ``inside`` a text document, where no cell can be taken for a formula."""
    covered = grid.covered()
    head, body = styles.grid(heading=True), styles.grid(heading=False)
    inner = {style: styles.inside(style) if inside else None for style in (head, body)}
    text_of = writable if inside else plain_cell
    for cells in grid.header:
        yield _row(_cell(text_of(text), head, inner[head]) for text in cells)
    for row, cells in enumerate(grid.rows):
        yield _row(
            _COVERED
            if (row, column) in covered
            else _cell(text_of(text), body, inner[body], grid.spans.get((row, column), (1, 1)))
            for column, text in enumerate(cells)
        )


def write_odt(blocks: Sequence[Block], title: str, stamp: datetime) -> bytes:
    """Paragraphs and tables, page after page; arguments as :func:`write_ods`."""
    document = Document("text")
    document.body.clear()
    styles = _Styles(document)
    breaks = False
    for number, block in enumerate(blocks):
        if isinstance(block, PageBreak):
            breaks = True
        elif isinstance(block, Line):
            for text in writable(block.text).split("\n"):
                style = styles.line(block, "paragraph", breaks=breaks)
                document.body.append(Element.from_tag(_paragraphs(text, style)))
                breaks = False
        else:
            document.body.append(_text_table(block, styles, f"t{number}"))
    _landscape(document, sum(_widths(blocks)))
    return _saved(document, title, stamp)


def _text_table(grid: Grid, styles: _Styles, name: str) -> Element:
    # A text page has its width; a table that is wider shares it in proportion.
    scale = min(1.0, _PAGE / sum(grid.widths))
    rows = list(_grid(grid, styles, inside=True))
    columns = [styles.column(round(width * scale, 2)) for width in grid.widths]
    return _table(name, columns, rows, styles.table(round(sum(grid.widths) * scale, 2)))

"""Text files as people send them: gzip or not, with any line end, perhaps cut off or in another encoding."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from simulation.errors import DataError, nearest

GZIP = b"\x1f\x8b"
ENDS_EARLY = "the file ends early; copy or download it again"
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
_WRONG_DELIMITERS = {"|": "a pipe |", ":": "a colon", " ": "spaces"}
_ENDINGS = (".gz", ".bgz", ".csv", ".tsv", ".txt", ".tab", ".acount", ".afreq", ".vcf", ".bcf")
_MAGIC = {
    b"\x28\xb5\x2f\xfd": "a zstd file; unpack it first (zstd -d, or plink2 --zst-decompress)",
    b"PK\x03\x04": "an Excel workbook or a zip file; save the sheet as CSV UTF-8, or unpack it",
    b"\x6c\x1b": "a plink genotype file; count alleles first with plink2 --freq counts",
    b"\xff\xfe": "UTF-16 text; save it as CSV UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as CSV UTF-8",
}


def survey_name(path: Path) -> str:
    """The name of a survey of which only the file has one.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        Its name without the endings that tell a format.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> survey_name(Path("cohort.Elbonia.acount")), survey_name(Path("cohort.vcf.gz"))
    ('cohort.Elbonia', 'cohort')
    """
    name = path.name
    while True:
        ending = next((end for end in _ENDINGS if name.lower().endswith(end) and len(name) > len(end)), None)
        if ending is None:
            return name
        name = name[: -len(ending)]


def first_bytes(path: Path, n: int = 65536) -> bytes:
    """How a file begins, unpacked.

    Parameters
    ----------
    path : Path
        The file.
    n : int, default 65536
        How many bytes at most.

    Returns
    -------
    bytes
        Whether or not the file is packed.

    Raises
    ------
    DataError
        If there is no such file, or it cannot be unpacked.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> first_bytes(Path(__file__), 8)
    b'\"\"\"Text '
    """
    with _opened(path) as file:
        try:
            return file.read(n)
        except (EOFError, OSError, zlib.error) as error:
            raise DataError(_unpacking(path, error)) from None


def raw_lines(path: Path) -> Iterator[bytes]:
    """Lines of a file, unpacked and not decoded.

    Parameters
    ----------
    path : Path
        Packed with gzip or not.

    Yields
    ------
    bytes
        Each with its line end.

    Raises
    ------
    DataError
        If the file cannot be read to its end.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> next(raw_lines(Path(__file__)))[3:13]
    b'Text files'
    """
    with _opened(path) as file:
        try:
            yield from file
        except (EOFError, OSError, zlib.error) as error:
            raise DataError(_unpacking(path, error)) from None


def read_lines(path: Path) -> Iterator[str]:
    r"""Lines of a text file.

    Parameters
    ----------
    path : Path
        UTF-8 with or without a byte order mark, packed with gzip or not, lines ending in LF, CRLF or CR.

    Yields
    ------
    str
        Each line with its \n; a last line without one was not ended in the file.

    Raises
    ------
    DataError
        If the file cannot be read to its end, or is not UTF-8 text.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> next(read_lines(Path(__file__))).split()[1:5]
    ['files', 'as', 'people', 'send']
    """
    number = 1
    for raw in raw_lines(path):
        if number == 1:
            kind = next((text for magic, text in _MAGIC.items() if raw.startswith(magic)), None)
            if kind is not None:
                raise DataError(f"{path.name}: this is {kind}")
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if b"\0" in raw:
            cure = "it may be UTF-16 or no text at all; save it as CSV UTF-8"
            raise DataError(f"{path.name} line {number}: holds a zero byte; {cure}")
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = raw[error.start]
            raise DataError(
                f"{path.name} line {number}: not UTF-8 text (byte 0x{byte:02x}); it may be Latin-1 or "
                "Windows-1252; save it as CSV UTF-8"
            ) from None
        for line in re.findall(r"[^\n]*\n|[^\n]+", text.replace("\r\n", "\n").replace("\r", "\n")):
            yield line
            number += 1


def read_cells(path: Path) -> tuple[list[str], int, list[tuple[int, list[str]]]]:
    r"""Cells of a table in a text file.

    Parameters
    ----------
    path : Path
        With comma, semicolon or tab between the cells, whichever is the most frequent in the header line. Lines that
        begin with # before the header are skipped, and blank lines everywhere.

    Returns
    -------
    header : list of str
        Column names without white space around them.
    header_line : int
        Where it stands.
    rows : list of (line, cells)
        Cells without white space around them, as many as the header has.

    Raises
    ------
    DataError
        If the file is empty or has a header only, if no delimiter is found, or for all ragged lines.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "mine.csv"
    ...     _ = path.write_text("genotype;n\nMM;90\n")
    ...     read_cells(path)
    (['genotype', 'n'], 1, [(2, ['MM', '90'])])
    """
    lines = list(read_lines(path))
    skipped = 0
    while skipped < len(lines) and (not lines[skipped].strip() or lines[skipped].startswith("#")):
        skipped += 1
    empty = f"{path.name}: the file is empty; it must have a header line and one line for each row"
    if skipped == len(lines):
        raise DataError(empty)
    delimiter = _delimiter(path, skipped + 1, lines[skipped])
    reader = csv.reader(lines[skipped:], delimiter=delimiter, strict=True, skipinitialspace=True)
    cells: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                cells.append((skipped + reader.line_num, [cell.strip() for cell in row]))
    except csv.Error as error:
        message = f"not a table ({error}); look for a quotation mark that is not closed"
        raise DataError(f"{path.name} line {skipped + reader.line_num}: {message}") from None
    if not cells:
        raise DataError(empty)
    (header_line, header), rows = cells[0], cells[1:]
    if not rows:
        raise DataError(f"{path.name}: has a header and no rows; each row needs a line of its own")
    header, rows = _without_unnamed(header, rows)
    ragged = [f"line {line} has {len(row)}" for line, row in rows if len(row) != len(header)]
    if ragged:
        cure = f"cells are parted by {DELIMITERS[delimiter]}; put a cell that holds one between quotation marks"
        raise DataError(f"{path.name}: the header has {len(header)} cells, but {', '.join(ragged)}; {cure}")
    return header, header_line, rows


def whole_number(text: str) -> int | None:
    """A count that a text states.

    Parameters
    ----------
    text : str
        Digits; a spreadsheet may have added ".0".

    Returns
    -------
    int or None
        None if it is negative, fractional or no number.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> whole_number("12"), whole_number("12.0"), whole_number("-1"), whole_number("0.5"), whole_number("1,200")
    (12, 12, None, None, None)
    """
    found = re.fullmatch(r"([0-9]+)(?:\.0+)?", text.strip())
    return int(found.group(1)) if found else None


def _without_unnamed(
    header: list[str], rows: list[tuple[int, list[str]]]
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Leave out columns at the right end that have neither name nor content: a spreadsheet may add them."""
    width = max(index + 1 for index, name in enumerate(header) if name)
    return header[:width], [
        (line, row[:width] if len(row) == len(header) and not any(row[width:]) else row) for line, row in rows
    ]


def _delimiter(path: Path, line: int, header: str) -> str:
    bare = re.sub(r'"[^"]*"', "", header.strip("\n"))
    found = max(DELIMITERS, key=bare.count)
    if bare.count(found):
        return found
    wrong = [words for sign, words in _WRONG_DELIMITERS.items() if sign in bare.strip()]
    if wrong:
        raise DataError(
            f"{path.name} line {line}: the cells of the header are parted by {wrong[0]}; "
            f"they must be parted by {', '.join(list(DELIMITERS.values())[:-1])} or {list(DELIMITERS.values())[-1]}"
        )
    return ","  # a table of one column


def _opened(path: Path) -> gzip.GzipFile | BufferedReader:
    try:
        if path.is_dir():
            raise DataError(f"{path}: is a folder; name the file in it")
        with path.open("rb") as file:
            packed = file.read(2) == GZIP
        return gzip.open(path, "rb") if packed else path.open("rb")
    except FileNotFoundError:
        beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        raise DataError(f"{path}: no such file{nearest(path.name, beside)}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None


def _unpacking(path: Path, error: Exception) -> str:
    if isinstance(error, EOFError):
        return f"{path.name}: {ENDS_EARLY}"
    if isinstance(error, gzip.BadGzipFile | zlib.error):
        return f"{path.name}: cannot be unpacked, it is damaged ({error}); copy or download it again"
    return f"{path.name}: cannot be read ({error})"

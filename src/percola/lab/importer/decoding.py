"""Bytes to text: byte order marks, the pattern of zero bytes, strict UTF-8, then a scoring of code pages."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from percola.errors import InputError

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class Decoded:
    """The text of a file and how it was got. ``encoding`` is a Python codec, ``note`` a remark for people."""

    text: str
    encoding: str
    note: str


def refuse_other_files(data: bytes, where: str) -> None:
    """Refuse what is no table.

    Raises:
        InputError: empty, or a picture, a document, an archive, a program.
    """
    allowed = "a text table (CSV, TXT) or a workbook (XLSX, XLS, ODS)"
    if not data.strip(b"\0 \t\r\n\x1a"):
        raise InputError(where, "an empty file", allowed)
    for magic, words in _MAGIC:
        if data.startswith(magic):
            remedy = "unpack it first" if "archive" in words else "export the measurement as CSV or text"
            raise InputError(where, words, allowed, remedy)


def decode(data: bytes, where: str, encoding: str | None = None) -> Decoded:
    """Text of the bytes.

    Args: data: the file. where: its name for messages. encoding: said by a person, else found out.

    Raises:
        InputError: an unknown encoding, bytes that it does not hold, or a binary file.
    """
    if encoding is not None:
        return _as_said(data, where, encoding)
    for mark, name in _MARKS:
        if data.startswith(mark):
            try:
                return Decoded(data[len(mark) :].decode(name), name, f"{_shown(name)} with byte order mark")
            except UnicodeDecodeError:
                cut = data[len(mark) :]
                if name.startswith("utf-16") and len(cut) % 2:
                    try:
                        return Decoded(cut[:-1].decode(name), name, f"{_shown(name)}, last byte cut off")
                    except UnicodeDecodeError:
                        pass
                raise _broken(where, name) from None
    sample = data[:65536]
    zeros = sample.count(0)
    if zeros:
        even, odd = sample[0::2].count(0), sample[1::2].count(0)
        half = max(1, len(sample) // 2)
        for share, other, name in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
            if share > 0.4 * half and other < 0.05 * half:
                try:
                    body = data[: len(data) // 2 * 2]
                    return Decoded(body.decode(name), name, f"{_shown(name)} without byte order mark")
                except UnicodeDecodeError:
                    break
        # Some loggers pad records or the end with zero bytes; more than a few mean a binary file.
        if zeros > 0.2 * len(sample) and data.rstrip(b"\0").count(0):
            raise _binary(where)
    if b"\x1b$" in data or b"\x1b(" in data[:4096]:
        try:
            return Decoded(data.decode("iso2022_jp"), "iso2022_jp", "ISO-2022-JP")
        except UnicodeDecodeError:
            pass
    control = len(re.findall(rb"[\x01-\x08\x0e-\x19\x1b-\x1f]", sample))
    if control > 0.01 * len(sample) + 2:
        raise _binary(where)
    try:
        text = data.decode("utf-8")
        return Decoded(text, "utf-8", "ASCII" if text.isascii() else "UTF-8")
    except UnicodeDecodeError:
        pass
    return _code_page(data, where)


def _as_said(data: bytes, where: str, encoding: str) -> Decoded:
    try:
        name = codecs.lookup(encoding).name
        if not codecs.lookup(encoding)._is_text_encoding:
            raise LookupError
    except (LookupError, ValueError):
        raise InputError(
            "--encoding", repr(encoding), "utf-8, utf-16, cp1252, cp932, euc-jp, mac-roman, ..."
        ) from None
    try:
        text = data.decode(name)
    except (UnicodeError, ValueError):
        raise InputError(
            where, f"bytes that are no {encoding}", "", "leave --encoding away, or name another"
        ) from None
    return Decoded(text.removeprefix("\ufeff"), name, f"{_shown(name)} (as said)")


def _code_page(data: bytes, where: str) -> Decoded:
    """The code page in which the bytes above 127 make the most sense."""
    lines = [line for line in re.split(rb"[\r\n]+", data) if not line.isascii()]
    sample = b"\n".join(lines[:400])
    best: tuple[float, str] | None = None
    for name in ("cp932", "euc_jp", "cp1252", "latin-1"):
        try:
            text = sample.decode(name)
            data.decode(name)
        except UnicodeDecodeError:
            continue
        score = _sense(text, name)
        if best is None or score > best[0]:
            best = (score, name)
    if best is None or best[0] < -0.5:
        raise _binary(where)
    name = best[1]
    return Decoded(data.decode(name), name, f"code page {_shown(name)}")


_WESTERN = set("äöüÄÖÜßéèêëàâçñóíáúôîïûåøæÅØÆ°µ²³±·×Ωσ§–—‘’“”…®™ºª½¼¾€£\u00a0")


def _sense(text: str, name: str) -> float:
    """How much sense the characters beyond ASCII make, per character; negative is nonsense."""
    score, count = 0.0, 0
    japanese = name in ("cp932", "euc_jp")
    odd = [c for c in text if ord(c) > 127]
    for c in odd:
        count += 1
        kind = unicodedata.category(c)
        if 0xFF61 <= ord(c) <= 0xFF9F:
            score += 0.2  # half-width katakana: one byte each, so that Western text falls upon it
        elif 0x3040 <= ord(c) <= 0x30FF or ord(c) in (0x30FC, 0x3001, 0x3002):
            score += 2.0
        elif 0x4E00 <= ord(c) <= 0x9FFF:
            score += 1.6 if c in _COMMON_KANJI else 0.3
        elif japanese and (0xFF01 <= ord(c) <= 0xFF5E or c in "℃°±×μΩ／・　￥％∆Δ′″"):
            score += 1.2
        elif not japanese and c in _WESTERN:
            score += 1.0
        elif kind in ("Cc", "Co", "Cn", "Cs"):
            score -= 3.0
        elif kind.startswith("L"):
            score += 0.0 if not japanese else -0.2
        else:
            score -= 0.3
    if name == "latin-1":
        score -= 0.01  # cp1252 holds all of its printable characters
    return score / max(1, count)


_COMMON_KANJI = set(
    "圧力流量温度時間試料番号測定結果平均値強伸最大最小孔径分布質厚長幅面積重密濃電抵抗周波数位相実虚部荷重変位応破断点"
    "降伏弾性率直水透過膜乾湿半液体表張角接触日付条件装置名称単備考標準偏差合計項目熱融結晶開始終了乾燥初期件数本品製造社所属者"
    "年月秒分回次第計中心側上下左右内外気空速加減冷昇降方法法線的形態種類別設定校正補正係数比例列行表図記録入出力入口差押引曲縮"
)


def _shown(name: str) -> str:
    return {
        "utf-8": "UTF-8",
        "utf-16-le": "UTF-16 (little-endian)",
        "utf-16-be": "UTF-16 (big-endian)",
        "cp932": "cp932 (Shift-JIS)",
        "euc_jp": "EUC-JP",
        "cp1252": "cp1252 (Western)",
    }.get(name, name)


def _broken(where: str, name: str) -> InputError:
    return InputError(where, f"bytes that are no {_shown(name)}", "", "export it again, or say --encoding")


def _binary(where: str) -> InputError:
    return InputError(
        where,
        "a binary file, or text in an unknown encoding",
        "a text table (CSV, TXT) or a workbook (XLSX, XLS, ODS)",
        "export the measurement as CSV or text, or say --encoding",
    )

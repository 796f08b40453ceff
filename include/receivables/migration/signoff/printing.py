"""The report as PDF (印刷): typst with one font and nothing else, the same bytes for the same document."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typst

from receivables.errors import EnvironmentFailureError, InvariantBrokenError

FONTS = Path("/usr/share/fonts/opentype/noto")  # Debian's fonts-noto-cjk
_TEMPLATE = Path(__file__).with_name("templates") / "report.typ"
_FILES = ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc")


def pdf(document: Mapping[str, Any], fonts: Path = FONTS) -> bytes:
    """The PDF of `document`, with page numbers and the digest on every sheet.

    Raises EnvironmentFailureError without the font and InvariantBrokenError when a sign is missing in it: a report
    with empty boxes is signed by nobody.
    """
    missing = [name for name in _FILES if not (fonts / name).is_file()]
    if missing:
        raise EnvironmentFailureError(f"{fonts}: {', '.join(missing)} missing; apt-get install fonts-noto-cjk")
    try:
        made, warnings = _compiler(fonts).compile_with_warnings(
            input=str(_TEMPLATE),
            format="pdf",
            sys_inputs={"data": json.dumps(document, ensure_ascii=False)},
            timestamp=0,
        )
    except typst.TypstError as error:  # the document holds no person's data, so what typst says may be shown
        raise InvariantBrokenError(f"typst refused report.typ: {str(error)[:300]}") from None
    if warnings or not isinstance(made, bytes):
        said = "; ".join(str(each) for each in warnings)[:300]
        raise InvariantBrokenError(f"typst warned (a font or a sign is missing); nothing is printed: {said}")
    return made


@cache
def _compiler(fonts: Path) -> typst.Compiler:
    known = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)])
    return typst.Compiler(root=str(_TEMPLATE.parent), font_paths=known, ignore_system_fonts=True)

"""Bar and QR codes as drawings (シンボル): one path of whole modules each, so that every printer draws them sharp."""

from typing import Any

import zxingcpp


def qr_drawing(content: str) -> str:
    """A QR code of error level M as SVG, without its quiet zone: the sheet leaves it free."""
    return _drawing(zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level="M"))


def gs1_drawing(digits: str) -> str:
    """A GS1-128 symbol of `digits`, which begin with a two-digit application identifier, as SVG one module high."""
    content = f"({digits[:2]}){digits[2:]}"
    return _drawing(zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.Code128, gs1=True), is_linear=True)


def _drawing(code: zxingcpp.Barcode, *, is_linear: bool = False) -> str:
    picture: Any = code.to_image(scale=1, add_quiet_zones=False)
    modules: Any = memoryview(picture).tolist()
    rows = modules[:1] if is_linear else modules
    path = "".join(_runs(row, at) for at, row in enumerate(rows))
    size = f"{len(rows[0])} {len(rows)}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}"><path d="{path}"/></svg>'


def _runs(row: list[int], at: int) -> str:
    """The dark stretches of one row of modules, each as one rectangle."""
    found, first = [], None
    for place, shade in enumerate([*row, 255]):
        if shade == 0 and first is None:
            first = place
        elif shade != 0 and first is not None:
            found.append(f"M{first} {at}h{place - first}v1h-{place - first}z")
            first = None
    return "".join(found)

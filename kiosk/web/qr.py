"""A code to photograph, as a drawing in the page."""

from markupsafe import Markup
from qrcode import QRCode

QUIET = 4
"""Modules of margin (ISO/IEC 18004)."""


def qr_svg(content: str) -> Markup:
    """Return the SVG of a code, one path; black on white in every theme."""
    code = QRCode(border=QUIET)
    code.add_data(content.encode())
    code.make(fit=True)
    rows = code.get_matrix()
    size = len(rows)
    path = "".join(
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    # Numbers only.
    return Markup(  # noqa: S704
        f'<svg class="qr" role="img" aria-label="QR" viewBox="0 0 {size} {size}">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path fill="#000" d="{path}"/></svg>'
    )

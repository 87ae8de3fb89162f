"""From data to paper: one typst compiler a thread, our own fonts, nothing of the system's. And the codes on it."""

import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import segno
import typst
from barcode import Code128
from barcode.writer import SVGWriter
from django.conf import settings
from django.http import HttpResponse

ROOT = Path(settings.BASE_DIR) / "apps"  # templates stand beside the code that fills them
# Typst takes what a paper's own fonts lack from any of these.
SCRIPTS = ("arabic", "bengali", "devanagari", "gujarati", "gurmukhi", "kannada", "malayalam", "tamil", "telugu")
FONTS = [
    f"@expo-google-fonts/{family}/{weight}"
    for family in ("noto-sans", *(f"noto-sans-{script}" for script in SCRIPTS))
    for weight in ("400Regular", "700Bold")
]

_of_thread = threading.local()


def pdf_answer(content: bytes, name: str) -> HttpResponse:
    """A PDF that opens in the browser under this name, and is kept by nobody on the way."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


def typeset(template: Path, data: dict[str, Any], *, at: datetime) -> bytes:
    """A PDF/UA-1 (accessible, tagged) of ``template`` (a .typ below apps/). Takes 20-40 ms."""
    compiler = getattr(_of_thread, "compiler", None)
    if compiler is None:
        fonts = [Path(settings.BASE_DIR) / "node_modules" / folder for folder in FONTS]
        compiler = _of_thread.compiler = typst.Compiler(root=ROOT, font_paths=fonts, ignore_system_fonts=True)
    asked: dict[str, Any] = {
        "input": template,
        "format": "pdf",
        "sys_inputs": {"data": json.dumps(data)},
        "timestamp": at.replace(microsecond=0),
    }
    try:
        pdf = compiler.compile(**asked, pdf_standards=["ua-1"])
    except typst.TypstError as refusal:
        if "could not be displayed with font" not in str(refusal):
            raise
        pdf = compiler.compile(**asked)  # a name in a script that no shipped font has: a paper with a gap beats none
    return cast(bytes, pdf)


def qr_code(content: str) -> str:
    """A QR code as SVG. Never a Micro QR code, which most readers do not know."""
    return segno.make_qr(content, error="m").svg_inline(scale=4, border=0)


def barcode(content: str) -> str:
    """A Code 128 bar code as SVG, without its text: the paper prints that in its own font."""
    options = {"write_text": False, "quiet_zone": 0, "module_height": 10.0, "module_width": 0.25}
    svg: bytes = Code128(content, writer=SVGWriter()).render(options)
    return svg.decode()

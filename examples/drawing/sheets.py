"""Small PDFs of plain pages: a heading and paragraphs on each."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from fpdf import FPDF, XPos, YPos

Pages = Mapping[str, Sequence[str]]
"""Paragraphs by the heading of their page."""


def write(target: Path, pages: Pages) -> None:
    """Write a PDF of A4 pages."""
    paper = FPDF(format="A4")
    for heading, paragraphs in pages.items():
        paper.add_page()
        paper.set_font("helvetica", style="B", size=18)
        paper.multi_cell(0, 12, heading, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        paper.set_font("helvetica", size=11)
        for paragraph in paragraphs:
            paper.multi_cell(0, 6, paragraph, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            paper.ln(3)
    paper.output(str(target))

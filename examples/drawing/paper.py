"""An invented household insurance policy of three pages, each with facts of its own."""

from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF, FontFace, XPos, YPos

ACCENT, SOFT, STRIPE = (24, 82, 120), (96, 106, 120), (240, 244, 248)

Rows = tuple[tuple[str, ...], ...]

POLICY: Rows = (
    ("Policy number", "HH-2207-418-66"),
    ("Policyholder", "Miriam Okafor"),
    ("Insured address", "Lindenweg 14, 2nd floor, 3012 Bern"),
    ("Living area", "84 square metres, three and a half rooms"),
    ("Begins", "1 March 2025, 00:00"),
    ("Ends", "28 February 2026, renewed by a year unless cancelled"),
    ("Yearly premium", "CHF 312.40, including stamp duty"),
    ("Payment", "Once a year by invoice, due within 30 days"),
)
COVER: Rows = (
    ("What is insured", "Up to (CHF)", "You pay first (CHF)"),
    ("Fire, lightning, explosion, smoke", "96,000", "none"),
    ("Burst pipes and overflowing water", "96,000", "200"),
    ("Burglary at the insured address", "96,000", "200"),
    ("Bicycles and e-bikes stolen outside the home", "3,500", "150"),
    ("Luggage on a journey, worldwide", "2,000", "200"),
    ("Broken window panes, basins, glass hobs", "2,500", "none"),
    ("Cash and vouchers kept at home", "1,000", "200"),
    ("Food spoiled after a power cut", "500", "none"),
)
DEADLINES: Rows = (
    ("What happened", "Tell whom", "Within"),
    ("Anything that causes a loss", "Alpenblick, by app or telephone", "5 days"),
    ("A crime: break-in, robbery, theft", "The police, and send us their report", "24 hours"),
    ("Luggage missing on arrival", "The carrier's desk, before leaving the airport", "at once"),
    ("You move to another flat", "Alpenblick, with the new address", "30 days"),
)


def draw(target: Path) -> None:
    """Write the policy as a PDF of three A4 pages."""
    paper = FPDF(format="A4")
    paper.set_creation_date(datetime(2025, 2, 11, 9, 0, tzinfo=UTC))
    paper.set_margins(22, 20, 22)
    paper.set_auto_page_break(auto=False)
    _certificate(paper)
    _cover(paper)
    _claims(paper)
    paper.output(str(target))


def _certificate(paper: FPDF) -> None:
    _page(paper, "Household contents insurance", "Certificate for Miriam Okafor")
    _table(paper, POLICY, widths=(1, 2), heading=False)
    _words(
        paper,
        "This certificate, the cover in section 2 and the conditions in section 3 together are the contract. "
        "It replaces certificate HH-2207-418-65 of 1 March 2024.",
        "You may cancel the contract in writing up to three months before it ends, and within fourteen days "
        "after we have paid for a loss. A letter counts from the day on which it reaches us.",
    )


def _cover(paper: FPDF) -> None:
    _page(paper, "Section 2: what is covered", "Sums insured and what you pay yourself, for each event")
    _table(paper, COVER, widths=(3, 1, 1.3), heading=True)
    _words(
        paper,
        "Belongings are replaced at the price of a new thing of the same kind. Jewellery is insured up to "
        "CHF 20,000, and over CHF 5,000 only while it lies in a locked safe.",
        "Not covered: motor vehicles, drones over 250 grams, damage by pets, wear, and loss without a cause.",
    )


def _claims(paper: FPDF) -> None:
    _page(paper, "Section 3: when something happens", "Duties, deadlines and whom to call")
    _table(paper, DEADLINES, widths=(1.5, 2, 0.8), heading=True)
    _words(
        paper,
        "Emergency line, day and night: 0800 55 41 20. It sends a locksmith, a glazier or a drying company, "
        "and pays them directly up to CHF 1,500.",
        "Keep damaged things until we have seen them or told you otherwise. Photographs and receipts make "
        "it quicker: a complete claim under CHF 1,000 is paid within seven working days.",
        "Disputes go first to the ombudsman of private insurance in Zurich; that costs you nothing.",
    )


def _page(paper: FPDF, heading: str, below: str) -> None:
    paper.add_page()
    paper.set_fill_color(*ACCENT)
    paper.rect(0, 0, 210, 6, style="F")
    paper.set_fill_color(255, 255, 255)
    _line(paper, "Alpenblick Mutual", size=10, colour=ACCENT, bold=True)
    paper.ln(8)
    _line(paper, heading, size=20, colour=(20, 28, 40), bold=True)
    _line(paper, below, size=11, colour=SOFT)
    paper.ln(7)
    paper.text(22, 285, f"Policy HH-2207-418-66, page {paper.page_no()} of 3")


def _line(paper: FPDF, words: str, *, size: float, colour: tuple[int, int, int], bold: bool = False) -> None:
    paper.set_font("helvetica", style="B" if bold else "", size=size)
    paper.set_text_color(*colour)
    paper.cell(0, size * 0.55, words, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _table(paper: FPDF, rows: Rows, *, widths: tuple[float, ...], heading: bool) -> None:
    paper.set_font("helvetica", size=10)
    paper.set_text_color(30, 36, 48)
    paper.set_draw_color(206, 214, 222)
    top = FontFace(emphasis="BOLD", color=(255, 255, 255), fill_color=ACCENT)
    with paper.table(
        rows,
        col_widths=widths,
        line_height=7.5,
        padding=1,
        text_align="LEFT",
        first_row_as_headings=heading,
        headings_style=top,
        cell_fill_color=STRIPE,
        cell_fill_mode="EVEN_ROWS",
    ):
        pass
    paper.ln(8)


def _words(paper: FPDF, *paragraphs: str) -> None:
    paper.set_font("helvetica", size=10.5)
    paper.set_text_color(30, 36, 48)
    for paragraph in paragraphs:
        paper.multi_cell(0, 6, paragraph, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        paper.ln(3)

"""Figures as files, both for a screen and for print."""

from lottery_ticket.analysis import figure_style

KINDS = ("png", "pdf")


def render_all(figures: dict) -> dict[str, bytes]:
    """Returns dict, file name -> bytes: each figure as .png and as .pdf.

    Args:
        figures: Dict, name -> matplotlib Figure.
    """
    return {
        f"{name}.{kind}": figure_style.render(figure, kind)
        for name, figure in figures.items()
        for kind in KINDS
    }

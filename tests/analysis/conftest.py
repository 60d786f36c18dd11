"""Figures are made, but most of the time not laid out nor rendered."""

import pytest

from lottery_ticket.analysis.look import figure_style


def _leave_unrendered(monkeypatch):
    monkeypatch.setattr(
        figure_style, "render", lambda figure, kind: kind.encode()
    )
    monkeypatch.setattr(
        "matplotlib.figure.Figure.draw_without_rendering", lambda self: None
    )


@pytest.fixture
def unrendered(monkeypatch):
    """Figures are made; their files hold the name of their kind."""
    _leave_unrendered(monkeypatch)


@pytest.fixture(
    params=["made", pytest.param("rendered", marks=pytest.mark.slow)]
)
def figures(request, monkeypatch):
    """Figures are made; and, marked slow, rendered."""
    if request.param == "made":
        _leave_unrendered(monkeypatch)

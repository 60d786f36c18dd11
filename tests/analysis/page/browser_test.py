import webbrowser

import pytest

from lottery_ticket.analysis.page import browser


@pytest.fixture
def opened(monkeypatch):
    """What a browser would open; it opens all but what has no in its name."""
    found = []

    def open_one(address):
        found.append(address)
        return "no" not in address

    monkeypatch.setattr(webbrowser, "open", open_one)
    return found


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_a_page_is_opened_where_there_is_a_display(
    tmp_path, monkeypatch, opened, name
):
    monkeypatch.setattr("sys.platform", "linux")
    for each in browser.DISPLAYS:
        monkeypatch.delenv(each, raising=False)
    path = tmp_path / "a page.html"
    assert browser.show(str(path)).startswith("No display here. Open this")
    assert not opened
    monkeypatch.setenv(name, ":0")
    assert browser.show(str(path)) == f"Opened {path}\n"
    assert opened == [path.as_uri()]
    assert "%20" in opened[0]


def test_what_cannot_be_opened_says_where_it_is(tmp_path, monkeypatch, opened):
    monkeypatch.setattr("sys.platform", "darwin")
    path = tmp_path / "no.html"
    text = browser.show(str(path))
    assert text == f"No browser found. Open this in one: {path}\n"
    text = browser.show("memory://root/report.html")
    assert text.startswith("Not opened, as it is not on this machine: memory")
    assert len(opened) == 1

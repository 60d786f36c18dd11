import pytest

from lottery_ticket.docs import check_site


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ('<a href="b.html">b</a>', None),
        ('<a href="b.html#there">b</a>', None),
        ('<h2 id="here">a</h2><a href="#here">b</a>', None),
        ('<a href="https://a.b/c">b</a>', None),
        ('<a href="c.html">b</a>', "c.html leads nowhere"),
        ('<a href="b.html#here">b</a>', "b.html#here names no place"),
        ('<a href="#gone">b</a>', "#gone names no place"),
        ('<img src="a.png">', "a.png leads nowhere"),
        ('<script src="https://a.b/c.js"></script>', "fetches https://a.b"),
        ('<link href="//a.b/c.css">', "fetches //a.b/c.css"),
        ('<img src="https://a.b/c.png">', "fetches https://a.b/c.png"),
    ],
)
def test_what_is_dead_or_fetched_is_found(tmp_path, page, fault):
    (tmp_path / "a.html").write_text(page)
    (tmp_path / "b.html").write_text('<h2 id="there">b</h2>')
    found = check_site.faults(tmp_path)
    if fault is None:
        assert not found
    else:
        (line,) = found
        assert fault in line

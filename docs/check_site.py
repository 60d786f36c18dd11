"""Looks whether links of a built site lead somewhere, and nothing is fetched.

python docs/check_site.py build/site
"""

import html.parser
import pathlib
import sys
import urllib.parse

# Attributes by which a page fetches something, beside links that are followed.
FETCHES = {("script", "src"), ("img", "src"), ("link", "href")}


class Page(html.parser.HTMLParser):
    """Links, names of places, and what a page fetches."""

    def __init__(self, text):
        """Reads a page."""
        super().__init__()
        self.links, self.places, self.fetched = [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Takes what counts of a tag."""
        for name, value in attrs:
            if name in ("id", "name"):
                self.places.add(value)
            elif (tag, name) in FETCHES:
                self.fetched.append(value)
            if name in ("href", "src") and value:
                self.links.append(value)


def faults(folder):
    """Returns a line for each dead link, and for each that is fetched."""
    pages = {
        path.resolve(): Page(path.read_text())
        for path in folder.rglob("*.html")
    }
    found = []
    for path, page in pages.items():
        for link in page.fetched:
            if urllib.parse.urlsplit(link).netloc:
                found.append(f"{path}: fetches {link}")
        for link in page.links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc or parts.path.startswith("/"):
                continue
            target = path
            if parts.path:
                target = (
                    path.parent / urllib.parse.unquote(parts.path)
                ).resolve()
            place = urllib.parse.unquote(parts.fragment)
            if not target.exists():
                found.append(f"{path}: {link} leads nowhere")
            elif place and place not in pages[target].places:
                found.append(f"{path}: {link} names no place")
    return found


if __name__ == "__main__":
    lines = faults(pathlib.Path(sys.argv[1]))
    print("\n".join(lines), file=sys.stderr)
    sys.exit(bool(lines))

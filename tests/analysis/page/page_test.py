import html
import json
import pathlib
import re
import shutil
import subprocess
from html import parser

import pytest

from lottery_ticket.analysis import report
from lottery_ticket.analysis.page import colors, page
from lottery_ticket.analysis.reading import options
from lottery_ticket.foundations.records import paths
from lottery_ticket.runners import report as runner
from lottery_ticket.tests.analysis import (
    fake_gems,
    fake_lines,
    fake_results,
    fake_ways,
)

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
NASTY = "a\"b'<script>window.hacked=1<&>"
NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink")
VOID = {"meta", "link", "input", "br", "img", "hr"}


class Parser(parser.HTMLParser):
    """Notes tags, attributes and texts, and that what opens is closed."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.texts = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.texts.append(data)

    def all(self, name):
        return [attrs for tag, attrs in self.tags if tag == name]


def parsed(directory):
    found = Parser()
    found.feed(written(directory))
    found.close()
    assert not found.open
    return found


def written(directory):
    return pathlib.Path(directory, page.NAME).read_text(encoding="utf-8")


def data(directory):
    text = written(directory).partition('id="data">')[2]
    return json.loads(text.partition("</script>")[0])


@pytest.fixture
def reported(tmp_path, capsys):
    """A report of two trials and three reinitializations."""
    fake_results.write_experiment(str(tmp_path))
    runner.RUN(str(tmp_path))
    return tmp_path / "report"


def test_a_page_holds_the_report(reported):
    found = parsed(reported)
    text = " ".join(found.texts)
    for words in (
        "same_init with 25.0 % of the weights (level 2): 93.00 %, the dense",
        "12 complete runs of 2 experiments",
        "Every run found is complete, and none is missing.",
        *("Test accuracy against density", "Experiments side by side"),
        "lottery-ticket mask_facts --output_dir=",
    ):
        assert words in text, words
    drawn = [each["data-chart"] for each in found.all("figure")]
    names = ["accuracy", "early_stopping", "early_stop_accuracy", "curves"]
    assert drawn == names
    of_tables = [each["data-table"] for each in found.all("details")]
    files = sorted(reported.glob("*.csv"))
    assert sorted(of_tables) == [each.stem for each in files]
    for each in files:
        assert data(reported)["csv"][each.stem] == each.read_text()


def test_a_page_opens_offline_and_is_accessible(reported):
    found = parsed(reported)
    for tag, attrs in found.tags:
        for name in ("src", "href", "xlink:href"):
            target = attrs.get(name, "#")
            is_file = (reported / target).exists()
            assert target.startswith("#") or is_file, (tag, target)
    named = set(re.findall(r"https?://[^\"'\s]+", written(reported)))
    assert named == set(NAMESPACES)
    ids = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for _, attrs in found.tags:
        for name in ("aria-labelledby", "aria-describedby"):
            assert attrs.get(name, ids[0]) in ids
        if attrs.get("href", "").startswith("#"):
            assert attrs["href"][1:] in ids
    drawings = [e for e in found.all("div") if e.get("class") == "drawing"]
    assert len(drawings) == 4
    assert all(each["tabindex"] == "0" for each in drawings)
    [html_attrs] = found.all("html")
    assert html_attrs["lang"] == "en"
    names = [each.get("name") for each in found.all("meta")]
    assert {"viewport", "color-scheme"} <= set(names)


def test_texts_are_read_easily_in_light_and_dark():
    style = (pathlib.Path(page.__file__).with_name(page.STYLE)).read_text()
    light, dark = re.findall(r":root \{([^}]*)\}", style)
    for block in (light, dark):
        named = dict(re.findall(r"--(\w+): #(\w{6})", block))
        for ground in ("ground", "raised"):
            for ink in ("ink", "muted", "accent", "good", "bad"):
                pair = (named[ink], named[ground])
                assert colors.contrast(*pair) >= 4.5, (ink, ground)
    assert re.search(rf"--ground: #{colors.LIGHT_GROUND}", light)
    assert re.search(rf"--ground: #{colors.DARK_GROUND}", dark)
    assert "@media print" in style


def test_curves_are_seen_in_light_and_dark(reported):
    light, dark, *_ = written(reported).split("@media screen")
    for text, seen in ((light, colors.on_light), (dark, colors.on_dark)):
        named = re.findall(r"--c(\w{6}): #(\w{6})", text)
        assert len(named) > 3
        assert all(found == seen(color) for color, found in named)


def test_the_same_results_give_the_same_page(reported, capsys):
    before = written(reported)
    runner.RUN(str(reported.parent))
    assert written(reported) == before


def test_names_labels_and_flags_are_escaped(tmp_path, capsys):
    folder = tmp_path / "<script>window.hacked=4<&>\"'"
    setting = '"><img src=x onerror=window.hacked=2>'
    fake_results.write_run(str(folder), 1, 0, NASTY, optimizer=setting)
    fake_results.write_run(str(folder), 1, 1, NASTY, optimizer=setting)
    fake_results.write_run(str(folder), 1, 0, optimizer="adam")
    fake_results.write_run(str(folder), 1, 1, optimizer="adam")
    label = "same_init=</script><script>window.hacked=3</script>"
    runner.RUN(str(folder), options=options.Options(labels=(label,)))
    found = parsed(folder / "report")
    assert len(found.all("script")) == 2 and not found.all("img")
    text = " ".join(found.texts)
    for words in (NASTY, setting, label.partition("=")[2], folder.name):
        assert words in text, words
    assert NASTY in data(folder / "report")["csv"]["runs"].replace('""', '"')


@pytest.mark.usefixtures("unrendered")
def test_problems_are_told_first_and_in_full(tmp_path, capsys):
    fake_results.write_run(str(tmp_path), 1, 0)
    fake_results.write_run(str(tmp_path), 2, 1)
    directory = paths.run(paths.trial(str(tmp_path), 2), 2, "same_init")
    pathlib.Path(directory).mkdir(parents=True)
    pathlib.Path(paths.checkpoint(directory)).write_bytes(b"state")
    runner.RUN(str(tmp_path))
    text = " ".join(parsed(tmp_path / "report").texts)
    assert "trial 2, level 2, same_init: unfinished" in text
    assert text.count("trial 2, level 0, same_init: missing") >= 1
    assert "Problems (" in text and "none is missing" not in text


@pytest.mark.usefixtures("unrendered")
def test_results_of_all_kinds_have_a_page(tmp_path, capsys):
    fake_lines.write_line(str(tmp_path), 1, 0, 500)
    runner.RUN(str(tmp_path))
    text = " ".join(parsed(tmp_path / "report").texts)
    assert "Barriers between copies" in text
    assert "complete runs" not in text
    fake_ways.write_ways(str(tmp_path))
    fake_gems.write_gem(str(tmp_path), 1, 1, "ep")
    runner.RUN(str(tmp_path))
    found = parsed(tmp_path / "report")
    drawn = {each["data-chart"] for each in found.all("figure")}
    assert {"barriers", "mask_connectivity", "gems"} <= drawn


@pytest.mark.usefixtures("unrendered")
def test_a_page_knows_the_runs_of_points(tmp_path, capsys):
    nan = float("nan")
    fake_results.write_run(str(tmp_path), 1, 0, accuracy=(0.5, nan, nan))
    fake_results.write_run(str(tmp_path), 2, 0, accuracy=(0.5, 0.5, 0.6))
    fake_results.write_run(str(tmp_path), 1, 1)
    runner.RUN(str(tmp_path))
    known = data(tmp_path / "report")["runs"]
    assert known["base"] == str(tmp_path)
    at = known["columns"].index("accuracy")
    [[name, level, dense], [_, _, pruned]] = known["places"]
    assert (name, level, len(pruned)) == ("same_init", 0, 1)
    assert [run[:3] for run in dense] == [
        [trial, "", f"/trial{trial}/0/same_init"] for trial in (1, 2)
    ]
    assert [run[3 + at] for run in dense] == [None, 0.6]


@pytest.mark.usefixtures("unrendered")
def test_open_opens_the_page(tmp_path, capsys, monkeypatch):
    fake_results.write_run(str(tmp_path), 1, 0)
    shown = []
    monkeypatch.setattr(
        report.browser, "show", lambda path: shown.append(path) or "Shown\n"
    )
    runner.RUN(str(tmp_path))
    assert not shown
    runner.RUN(str(tmp_path), open=True)
    assert shown == [f"{tmp_path}/report/report.html"]
    assert capsys.readouterr().out.endswith("report.html\nShown\n")


@pytest.mark.usefixtures("unrendered")
def test_a_table_that_is_too_large_leads_to_its_file(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(page, "_room", lambda *_: 1200)
    fake_results.write_experiment(str(tmp_path))
    runner.RUN(str(tmp_path))
    text = " ".join(parsed(tmp_path / "report").texts)
    assert "Here are the first rows;" in text


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")
@pytest.mark.usefixtures("unrendered")
def test_of_a_cut_table_nothing_is_said_of_all_rows_in_a_browser(
    tmp_path, capsys, monkeypatch
):
    fake_results.write_experiment(str(tmp_path))
    script = """{
    const runs = document.querySelector('[data-table="runs"]');
    runs.open = true;
    setTimeout(() => {
      const shown = document.createElement("pre");
      shown.id = "found";
      shown.textContent = JSON.stringify(runs.innerText.toLowerCase());
      document.body.append(shown);
    }, 200);
    }"""
    runner.RUN(str(tmp_path))
    found = clicked(tmp_path / "report", tmp_path, script)
    assert "in all rows: iterations 200, loss 0.5" in found
    sizes = [each.stat().st_size for each in tmp_path.glob("report/*.csv")]
    monkeypatch.setattr(page, "_room", lambda *_: sum(sizes) - 1000)
    runner.RUN(str(tmp_path))
    found = clicked(tmp_path / "report", tmp_path, script)
    assert "in all rows" not in found and "loss" in found
    assert "of 12 rows" not in found


# What a reader does: what is found goes into an element, which is printed.
CLICKS = pathlib.Path(__file__).with_name("clicks.js").read_text()


def clicked(directory, tmp_path, script=CLICKS, width=1280):
    """What a script finds in a page, in a browser."""
    copy = tmp_path / "clicked.html"
    added = f"<script>{script}</script></body>"
    copy.write_text(written(directory).replace("</body>", added))
    done = subprocess.run(
        [
            *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu"),
            f"--user-data-dir={tmp_path}/browser",
            *("--virtual-time-budget=5000", f"--window-size={width},900"),
            *("--dump-dom", copy.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(html.unescape(found[1]))


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")
def test_clicks_in_a_browser(reported, tmp_path):
    found = clicked(reported, tmp_path)
    order = ["91.00", "92.00", "93.00", "85.00"]
    assert found["unsorted"] == order
    assert found["ascending"] == [sorted(order), "ascending"]
    assert found["descending"] == [sorted(order)[::-1], "descending"]
    # A row of ranges stays below its means.
    assert found["together"][0][:2] == ["*93.00", "92.00-94.00"]
    assert found["rows"] == 12 and found["filtered"] == ["reinit"]
    assert found["first"] == "0.83"
    text = (reported / "runs.csv").read_text()
    assert found["csv"] == ["runs.csv", text, "blob:"]
    hover = found["hover"]
    for words in (
        *("ticket (n = 2)", "Test accuracy (%): 93", "n = 2", "(level 2)"),
        "lowest to highest: 92 to 94",
        *("trial 1: 92", "trial 2: 94", "trial1/2/same_init"),
    ):
        assert words in hover, (words, hover)
    assert found["left"]
    assert all(found["before"]) and len(found["before"]) >= 4
    assert not any(found["after"]) and all(found["again"])
    assert "ticket" not in str(found["hidden"])
    assert "n = 6" in found["reinit"] and "run 3: 85" in found["reinit"]
    assert "(level 1)" in found["keyed"] and "ticket" in found["keyed"]
    assert "random reinit" in found["down"]
    assert found["escaped"] and found["wide"] and found["hacked"] is None


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")
def test_a_name_runs_no_script_in_a_browser(tmp_path, capsys):
    for level in (0, 1):
        fake_results.write_run(str(tmp_path), 1, level, NASTY)
        fake_results.write_run(str(tmp_path), 1, level)
    label = "same_init=</script><img src=x onerror=window.hacked=3>"
    runner.RUN(str(tmp_path), options=options.Options(labels=(label,)))
    script = """
    for (const each of document.querySelectorAll("details")) each.open = true;
    const figure = document.querySelector(".drawing");
    figure.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight"}));
    setTimeout(() => {
      const shown = document.createElement("pre");
      shown.id = "found";
      shown.textContent = JSON.stringify([window.hacked ?? null,
        document.getElementById("tip").innerText, document.images.length]);
      document.body.append(shown);
    }, 200);
    """
    hacked, text, images = clicked(
        tmp_path / "report", tmp_path, script, width=500
    )
    assert hacked is None and images == 0
    assert NASTY in text or "onerror" in text


HOVER = """{
const figure = document.querySelector('[data-chart="CHART"]');
const drawing = figure.querySelector(".drawing");
drawing.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight"}));
const shown = document.createElement("pre");
shown.id = "found";
shown.textContent = JSON.stringify(document.getElementById("tip").innerText);
document.body.append(shown);
}"""


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")
def test_a_point_of_lines_names_their_folders_in_a_browser(tmp_path, capsys):
    fake_lines.write_lines(str(tmp_path))
    runner.RUN(str(tmp_path))
    script = HOVER.replace("CHART", "barriers")
    found = clicked(tmp_path / "report", tmp_path, script)
    for words in (
        *("n = 2", "trial 1: 30", "trial 2: 32"),
        f"{tmp_path}/trial2/0/instability0",
    ):
        assert words in found, (words, found)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")
def test_points_name_runs_that_no_table_has_room_for_in_a_browser(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(page, "_room", lambda *_: 0)
    fake_results.write_experiment(str(tmp_path))
    runner.RUN(str(tmp_path))
    assert data(tmp_path / "report")["csv"]["runs"].count("\n") == 1
    script = HOVER.replace("CHART", "accuracy")
    found = clicked(tmp_path / "report", tmp_path, script)
    for words in ("n = 2", "trial 2: 92", f"{tmp_path}/trial2/0/same_init"):
        assert words in found, (words, found)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")
def test_a_point_names_the_runs_that_have_a_number_in_a_browser(
    tmp_path, capsys
):
    for trial, last in ((1, float("nan")), (2, 0.6), (3, 0.7)):
        for level in (0, 1):
            fake_results.write_run(
                str(tmp_path), trial, level, accuracy=(0.5, 0.5, last)
            )
    runner.RUN(str(tmp_path))
    script = HOVER.replace("CHART", "accuracy")
    found = clicked(tmp_path / "report", tmp_path, script)
    for words in ("n = 2", "trial 2: 60", "trial 3: 70"):
        assert words in found, (words, found)
    assert "trial 1" not in found

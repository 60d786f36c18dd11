"""Tests of runners/reproduce.py, and of what it made of the committed logs."""

import pathlib
import shutil

import pytest
import yaml

from lottery_ticket.experiments.reproductions import registry
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.sweeps import cost
from lottery_ticket.runners import (
    argfile_runner,
    judged_studies,
    logged_blocks,
    reproduce,
    study_costs,
)

DOCS = pathlib.Path(reproduce.__file__).parents[1] / "docs"


def test_the_page_is_what_the_command_makes_of_the_logs(tmp_path):
    page = tmp_path / "page.md"
    for folder in logged_blocks.FOLDERS:
        shutil.copytree(DOCS / folder, tmp_path / folder)
    logs = str(DOCS / "reproductions")
    flags.main(
        reproduce.RUN,
        [f"--logs={logs}", f"--markdown={page}", f"--output_dir={tmp_path}"],
    )
    expected = (DOCS / "reproductions.md").read_text()
    again = (
        "lottery-ticket reproduce --logs=docs/reproductions "
        "--markdown=docs/reproductions.md"
    )
    assert page.read_text() == expected, again
    made = 0
    pages = [*DOCS.glob("papers/*.md"), *DOCS.glob("frontier/*.md")]
    for path in pages:
        text = path.read_text()
        written = tmp_path / path.relative_to(DOCS)
        assert written.read_text() == text, again
        made += text.count("<!-- logged: ")
    assert made == len([*(DOCS / "reproductions").glob("*/*/facts.json")])


def test_without_a_study_all_are_listed(tmp_path, capsys):
    flags.main(reproduce.RUN, [f"--output_dir={tmp_path}"])
    printed = capsys.readouterr().out
    for name, study in registry.STUDIES.items():
        assert name in printed
        assert study.help in printed
    assert "--dry_run tries" in printed  # What they cost is not known.


def test_the_list_has_scales_where_runs_are_too(tmp_path, capsys):
    words = [f"--logs={DOCS / 'reproductions'}", f"--output_dir={tmp_path}"]
    flags.main(reproduce.RUN, words)
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines()]
    for name, scales in {"lenet": 2, "untrained_masks": 1, "digits": 1}.items():
        found = {x for row in rows if row[:1] == [name] for x in row}
        assert len(found & {"paper", "short", "smoke"}) == scales


def test_what_each_study_costs_is_told_and_listed(
    tmp_path, capsys, monkeypatch
):
    asked = []

    def cost_of(path, **options):
        steps = yaml.safe_load(pathlib.Path(path).read_text())
        asked.append(([step["runner"] for step in steps], options))
        return cost.Cost(5400.0, 2_000_000, 10**9, 2, "made up", untold=3)

    monkeypatch.setattr(argfile_runner, "cost_of", cost_of)
    place = f"--output_dir={tmp_path}"
    words = ["digits,at_init_digits", "--dry_run", "--devices=cpu*2"]
    flags.main(reproduce.RUN, [*words, place])
    printed = capsys.readouterr().out
    assert "digits\n  Time: about 90 min with 2 workers, made up" in printed
    assert "at_init_digits\n  Time" in printed
    assert "  OPEN at_2: accuracy at 1.68 %, less reinit's\n" in printed
    assert [runners for runners, _ in asked] == [
        ["lottery_experiment", "branch"],
        ["prune_at_init"],
    ]
    assert asked[0][1]["devices"] == "cpu*2"
    flags.main(reproduce.RUN, [place])
    rows = capsys.readouterr().out.splitlines()
    told = [row for row in rows if "90 min+, 2.0 MB+ disk" in row]
    assert [row.split()[0] for row in told] == ["digits", "at_init_digits"]
    flags.main(
        reproduce.RUN, ["stable_digits", "--dry_run", "--shard=1/2", place]
    )
    assert asked[-1][1]["shard"] == "1/2"
    assert study_costs.kept(str(tmp_path), "short", "stable_digits") is None
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["digitss"], "Unknown study 'digitss'. Did you mean 'digits'"),
        (["digits", "--scale=long"], "Unknown scale 'long'"),
        (["digits", "--scale=paper"], "digits has no scale paper"),
        (["lenet"], "lenet needs mnist"),
        (["digits", "--trials=0"], "trials must be"),
        (["digits", "--devices=77"], "devices=77"),
        (["digits", "--shard=3/2"], "Received: '3/2'"),
        (["digits", "--scale=smoke", "--devices=cpu"], "takes no --devices"),
    ],
)
def test_what_is_wrong_is_refused_before_any_work(
    words, message, tmp_path, capsys
):
    with pytest.raises(SystemExit) as end:
        flags.main(reproduce.RUN, [*words, f"--output_dir={tmp_path}"])
    assert end.value.code == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_studies_are_run_as_one_sweep_and_judged(tmp_path, capsys, monkeypatch):
    asked = []

    def run(path, argfile, **options):
        asked.append((yaml.safe_load(pathlib.Path(path).read_text()), options))

    monkeypatch.setattr(argfile_runner, "argfile_runner", run)
    words = ["digits,stable_digits", "--devices=cpu*2", "--quiet"]
    flags.main(reproduce.RUN, [*words, f"--output_dir={tmp_path}"])
    [(steps, options)] = asked
    assert [step["runner"] for step in steps] == [
        *("lottery_experiment", "branch"),
        *("lottery_experiment", "instability"),
    ]
    assert options["devices"] == "cpu*2"
    assert options["quiet"] is True
    printed = capsys.readouterr().out
    assert "0 PASS, 0 OFF, 5 OPEN" in printed


@pytest.mark.parametrize("seconds", [5400.0, 0.0])
def test_what_is_left_costs_is_said_first(
    seconds, tmp_path, capsys, monkeypatch
):
    done = []

    def cost_of(path, **options):
        done.append(("cost", options["devices"]))
        return cost.Cost(seconds, 2_000_000, 10**9, 2, "made up")

    monkeypatch.setattr(argfile_runner, "cost_of", cost_of)
    monkeypatch.setattr(
        argfile_runner,
        "argfile_runner",
        lambda *_, devices, **__: done.append(("run", devices)),
    )
    words = ["digits,stable_digits", "--devices=cpu*2"]
    flags.main(reproduce.RUN, [*words, f"--output_dir={tmp_path}"])
    assert done == [("cost", "cpu*2"), ("run", "cpu*2")]
    said = capsys.readouterr().err
    assert ("What is left:\n  Time: about 90 min" in said) == bool(seconds)
    assert bool(said) == bool(seconds)


def test_what_is_off_or_failed_has_its_exit_status(
    tmp_path, monkeypatch, capsys
):
    asked = []

    def judge(*_, write, **__):
        asked.append(write)
        return judged_studies.JudgedStudy("digits", "short", {}, {}, None)

    def run(status, *more):
        def fake(*_, **__):
            if status:
                raise SystemExit(status)

        monkeypatch.setattr(argfile_runner, "argfile_runner", fake)
        words = ["digits", "--quiet", f"--output_dir={tmp_path}", *more]
        try:
            flags.main(reproduce.RUN, words)
        except SystemExit as end:
            return end.code
        return 0

    monkeypatch.setattr(judged_studies, "judge", judge)
    assert [run(status) for status in (0, 1, 130, 75)] == [0, 1, 130, 75]
    assert run(0, "--shard=1/2") == 0
    assert asked == [True, False, False]  # Whether logs are written.
    monkeypatch.setattr(
        judged_studies.JudgedStudy, "is_off", property(lambda self: True)
    )
    assert run(0) == 1
    capsys.readouterr()


@pytest.mark.slow
def test_all_run_at_the_smallest_scale(tmp_path, capsys):
    names = [x for x, each in registry.STUDIES.items() if "smoke" in each.steps]
    words = ["all", "--scale=smoke", f"--output_dir={tmp_path}"]
    flags.main(reproduce.RUN, words)
    printed = capsys.readouterr().out
    assert "not run" not in printed  # Every claim has been measured.
    claims = sum(len(registry.STUDIES[name].claims) for name in names)
    assert f"0 PASS, 0 OFF, {claims} OPEN" in printed

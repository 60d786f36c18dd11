"""Tests of runners/reproduce.py, and of what it made of the committed logs."""

import pathlib

import pytest
import yaml

from lottery_ticket.experiments.reproductions import registry
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import argfile_runner, judged_studies, reproduce

DOCS = pathlib.Path(reproduce.__file__).parents[1] / "docs"


def test_the_page_is_what_the_command_makes_of_the_logs(tmp_path):
    page = tmp_path / "page.md"
    logs = str(DOCS / "reproductions")
    flags.main(
        reproduce.RUN,
        [f"--logs={logs}", f"--markdown={page}", f"--output_dir={tmp_path}"],
    )
    expected = (DOCS / "reproductions.md").read_text()
    assert page.read_text() == expected, (
        "lottery-ticket reproduce --logs=docs/reproductions "
        "--markdown=docs/reproductions.md"
    )


def test_without_a_study_all_are_listed(tmp_path, capsys):
    flags.main(reproduce.RUN, [f"--output_dir={tmp_path}"])
    printed = capsys.readouterr().out
    for name, study in registry.STUDIES.items():
        assert name in printed
        assert study.help in printed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["digitss"], "Unknown study 'digitss'. Did you mean 'digits'"),
        (["digits", "--scale=long"], "Unknown scale 'long'"),
        (["digits", "--scale=paper"], "digits has no scale paper"),
        (["lenet"], "lenet needs mnist"),
        (["digits", "--trials=0"], "trials must be"),
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


def test_what_is_off_or_failed_has_its_exit_status(
    tmp_path, monkeypatch, capsys
):
    def run(status):
        def fake(*_, **__):
            if status:
                raise SystemExit(status)

        monkeypatch.setattr(argfile_runner, "argfile_runner", fake)
        words = ["digits", f"--output_dir={tmp_path}"]
        try:
            flags.main(reproduce.RUN, words)
        except SystemExit as end:
            return end.code
        return 0

    assert [run(status) for status in (0, 1, 130, 75)] == [0, 1, 130, 75]
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

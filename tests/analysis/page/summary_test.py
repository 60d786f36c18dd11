import shlex

import pytest

from lottery_ticket.analysis.page import summary
from lottery_ticket.analysis.reading import options
from lottery_ticket.argfiles import branch_argfile
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.values import fields
from lottery_ticket.runners import commands
from lottery_ticket.tests.analysis import fake_lines, fake_results

FACTS = {
    "started": "2026-01-01T10:00:00+00:00",
    "train_s": 65.0,
    "device": "CPU, 1 threads",
    "environment": {"keras": "3.15.1"},
}


def write(tmp_path, *places, **more):
    for trial, level, name in places:
        fake_results.write_run(str(tmp_path), trial, level, name, **more)
    return fake_results.read(tmp_path)


def test_says_what_was_run_when_on_what_and_how_long(tmp_path):
    made = {"model": "fc", "dataset": "digits", "recipe": "digits_fc"}
    write(tmp_path, (1, 0, "same_init"), facts=FACTS, **made)
    later = {**FACTS, "started": "2026-01-02T09:30:00+02:00", "train_s": 5.0}
    write(tmp_path, (2, 0, "same_init"), facts=later, **made)
    found = write(tmp_path, (1, 2, "reinit"), **made)
    assert summary.facts(found) == {
        "Runs": "3 complete runs of 2 experiments: ticket; random reinit",
        "Trials": "2 (1 to 2), levels 0, 2",
        "Densities": "100 to 25.0 % of the weights kept",
        "Network": "fc on digits (recipe digits_fc)",
        "When": "begun 2026-01-01 10:00 to 2026-01-02 07:30 UTC",
        "Training": "1 min 10 s in all, 35 s a run (5 s to 1 min 5 s); 1 run "
        "not recorded",
        "Machine": "CPU, 1 threads",
        "Versions": "keras 3.15.1",
    }


def test_old_runs_and_none_say_less(tmp_path):
    found = write(tmp_path / "old", (1, 0, "same_init"))
    assert [*summary.facts(found)] == ["Runs", "Trials", "Densities"]
    fake_lines.write_line(str(tmp_path / "lines"), 1, 0, 500)
    found = fake_results.read(tmp_path / "lines")
    assert summary.facts(found) == {}
    assert summary.settings(found) == summary.Settings([], [])


def test_labels_name_experiments(tmp_path):
    write(tmp_path, (1, 0, "same_init"))
    labels = options.Options(labels=("same_init=mine",))
    found = fake_results.read(tmp_path, options=labels)
    assert summary.facts(found)["Runs"].endswith("1 experiment: mine")


def test_settings_of_chosen_experiments_that_differ(tmp_path):
    write(tmp_path, (1, 0, "same_init"), lr=0.1, seed=1)
    write(tmp_path, (1, 0, "fast"), lr=0.2, seed=2, warmup="1ep")
    write(tmp_path, (1, 0, "slow"), lr=0.01)
    found = fake_results.read(tmp_path, experiments="same_init,fast")
    assert summary.settings(found) == summary.Settings(
        [["setting", "same_init", "fast"], ["lr", "0.1", "0.2"]], ["warmup"]
    )


def test_commands_are_ones_that_there_are(tmp_path):
    folder = tmp_path / "it's; rm <b>"
    places = [(trial, level, "mine") for trial in (1, 2) for level in range(3)]
    found = write(folder, *places)
    lines = summary.commands(found)
    assert [what.split()[0] for what, _ in lines] == [
        *("This", "The", "How", "All", "The"),
    ]
    for _, line in lines:
        program, name, *words = shlex.split(line)
        assert program == "lottery-ticket"
        if name == "argfile_runner":
            assert words[:2] == ["branch", "branch_argfile"]
            assert words[2:] == [
                f"--output_dir={folder}",
                *("--experiment_name=mine", "--trials=2", "--levels=1-2"),
            ]
        else:
            values = flags.parse(commands.find(name), words)
            assert values["output_dir"] == str(folder)


def test_a_control_that_is_there_is_not_asked_for(tmp_path):
    found = write(tmp_path, (1, 1, "same_init"), (1, 1, "reinit"))
    assert "branch" not in str(summary.commands(found))
    found = write(tmp_path / "other", (1, 0, "same_init"))
    assert "branch" not in str(summary.commands(found))
    several = summary.commands(found, "both", are_several=True)
    assert len(several) == 2
    assert all("--report_dir=both" in line for _, line in several)


def control_lines(found):
    return [
        shlex.split(line)[4:]
        for what, line in summary.commands(found)
        if "fresh weights" in what
    ]


def test_each_tree_gets_its_controls_in_the_trials_it_has(tmp_path):
    for trial in (4, 5, 6, 9):
        fake_results.write_run(str(tmp_path / "conv2"), trial, 1)
    fake_results.write_run(str(tmp_path / "conv4"), 1, 2, "mine")
    for name in ("same_init", "reinit"):
        fake_results.write_run(str(tmp_path / "conv6"), 1, 1, name)
    assert control_lines(fake_results.read(tmp_path)) == [
        [
            f"--output_dir={tmp_path}/conv2",
            *("--trials=3", "--first_trial=4", "--levels=1"),
        ],
        [
            f"--output_dir={tmp_path}/conv2",
            *("--trials=1", "--first_trial=9", "--levels=1"),
        ],
        [
            f"--output_dir={tmp_path}/conv4",
            *("--experiment_name=mine", "--trials=1", "--levels=2"),
        ],
    ]


def test_commands_for_controls_find_the_tickets(tmp_path):
    for trial in (4, 5):
        fake_results.write_run(str(tmp_path / "conv2"), trial, 1)
    [words] = control_lines(fake_results.read(tmp_path))
    made = branch_argfile.lines(**flags.parse(branch_argfile.lines, words))
    named = {
        word.partition("=")[2]
        for line in made
        for word in shlex.split(line)
        if word.startswith("--ticket=")
    }
    assert named == {f"{tmp_path}/conv2/trial{n}/1/same_init" for n in (4, 5)}


def test_a_control_that_is_not_reported_is_there(tmp_path):
    for name in ("same_init", "reinit"):
        fake_results.write_run(str(tmp_path), 1, 1, name)
    found = fake_results.read(tmp_path, experiments="same_init")
    assert control_lines(found) == []


def test_a_report_again_is_the_same_report(tmp_path):
    for name in ("same_init", "shuffle"):
        for level in (0, 1):
            fake_results.write_run(str(tmp_path), 1, level, name)
    chosen = options.Options(
        metric="accuracy",
        control="shuffle",
        margin=0.0,
        table="markdown",
        labels=("same_init=a ticket", "shuffle=it's"),
        ylim=(80.0, 100.0),
    )
    found = fake_results.read(
        tmp_path, experiments="same_init,shuffle", levels=(0, 1), options=chosen
    )
    (_, again), *_, (_, for_paper) = summary.commands(found, "my report")
    for line, table in ((again, "markdown"), (for_paper, "latex")):
        _, name, *words = shlex.split(line)
        values = flags.parse(commands.find(name), words)
        assert values["report_dir"] == "my report"
        assert values["experiments"] == "same_init,shuffle"
        assert values["levels"] == (0, 1)
        wanted = {**fields.as_dict(chosen), "table": table}
        assert {each: values[each] for each in wanted} == wanted


@pytest.mark.parametrize(
    "seconds, text",
    [
        *((0.123, "0.12 s"), (9.96, "10 s"), (59.4, "59 s"), (59.7, "1 min")),
        *((3725, "1 h 2 min"), (360_000, "100 h")),
    ],
)
def test_durations(seconds, text):
    assert summary.duration(seconds) == text

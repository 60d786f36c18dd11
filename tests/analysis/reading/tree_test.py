import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.reading import tree
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.values import names_0_1_0
from lottery_ticket.tests.analysis import fake_gems, fake_results


def _find(output_dir):
    return [place for place in tree.walk(str(output_dir)) if place.is_run]


def _addresses(output_dir):
    return [
        (place.experiment, place.trial, place.level, place.run)
        for place in _find(output_dir)
    ]


def test_finds_runs_of_trials(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    fake_results.write_run(str(tmp_path), 10, 3, "reinit", 2)
    assert _addresses(tmp_path) == [
        ("same_init", 1, 0, ""),
        ("reinit", 10, 3, "2"),
    ]


def test_a_trial_and_a_run_can_be_given(tmp_path):
    directory = fake_results.write_run(str(tmp_path), 1, 3, "reinit", 2)
    expected = [("reinit", 1, 3, "2")]
    assert _addresses(tmp_path / "trial1") == expected
    assert _addresses(directory) == expected


def test_a_relative_folder_can_be_given(tmp_path, monkeypatch):
    fake_results.write_run(str(tmp_path), 1, 3)
    monkeypatch.chdir(tmp_path / "trial1")
    assert _addresses(".") == [("same_init", 1, 3, "")]


def test_trees_side_by_side_stay_apart(tmp_path):
    fake_results.write_run(str(tmp_path / "conv2"), 1, 0)
    fake_results.write_run(str(tmp_path / "old" / "conv4"), 1, 0)
    assert _addresses(tmp_path) == [
        ("conv2/same_init", 1, 0, ""),
        ("old/conv4/same_init", 1, 0, ""),
    ]
    assert tree.name("old/conv4/same_init") == "old/conv4"
    assert tree.name("same_init") == ""


def test_a_run_outside_of_trials(tmp_path):
    directory = str(tmp_path / "one" / "dense4")
    fake_results.write_run_at(directory, 0, (0.1, 0.9), None, {})
    assert _addresses(tmp_path) == [("one/dense", "", 0, "4")]
    assert _addresses(directory) == [("dense", "", 0, "4")]


def test_unfinished_runs_are_found_and_other_files_are_not(tmp_path):
    run = tmp_path / "trial1" / "0" / "same_init"
    files.write(f"{run}/checkpoint.bin", b"state")
    files.write(f"{tmp_path}/trial1/1/same_init/.lock", b"")
    files.write(f"{tmp_path}/trial1/1/notes.txt", b"")
    files.write(f"{tmp_path}/logs/trial1-0.log", b"")
    files.write(f"{tmp_path}/report/runs.csv", b"")
    files.write(f"{tmp_path}/.lock", b"")
    found = _find(str(tmp_path))
    assert [place.label for place in found] == [
        "trial 1, level 0, same_init",
        "trial 1, level 1, same_init",
    ]
    assert found[0].directory == str(run)
    assert found[0].file_names == ("checkpoint.bin",)


def test_an_experiment_may_have_any_name(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0, "logs")
    assert _addresses(tmp_path) == [("logs", 1, 0, "")]


def test_runs_in_the_folder_of_a_run_are_found(tmp_path):
    directory = str(tmp_path / "dense")
    fake_results.write_run_at(directory, 0, (0.1, 0.9), None, {})
    fake_results.write_run(directory, 1, 0)
    expected = [("dense", "", 0, ""), ("dense/same_init", 1, 0, "")]
    assert _addresses(tmp_path) == expected


def test_links_to_a_folder_around_them_are_not_followed(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    for name in ("trial1/loop", "trial1/0/loop", "loop"):
        (tmp_path / name).symlink_to(tmp_path)
    assert _addresses(tmp_path) == [("same_init", 1, 0, "")]


def test_copies_that_are_compared_are_no_runs(tmp_path):
    folder = tmp_path / "trial1" / "3" / "instability0"
    for name in ("copy1", "copy2"):
        directory = str(folder / "copies" / name)
        fake_results.write_run_at(directory, 3, (0.1, 0.9), None, {})
    files.write(f"{folder}/connectivity.json", b"{}")
    files.write(f"{folder}/.lock", b"")
    assert _addresses(tmp_path) == []


def test_remote_roots():
    root = "memory://tree_test"
    fake_results.write_run(root, 2, 1)
    assert _addresses(root) == [("same_init", 2, 1, "")]


def test_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="No results folder at"):
        _find(str(tmp_path / "nowhere"))


@pytest.mark.parametrize("name", ["untrained.json", "untrained_part.json"])
def test_untrained_networks_are_no_run(tmp_path, name):
    fake_results.write_run(str(tmp_path), 1, 0)
    files.write(f"{tmp_path}/trial1/0/untrained/{name}", b"{}")
    files.write(f"{tmp_path}/trial1/0/untrained/.lock", b"")
    assert _addresses(tmp_path) == [("same_init", 1, 0, "")]


def test_places_are_all_folders_but_those_inside_runs(tmp_path):
    fake_results.write_run(str(tmp_path / "conv2"), 1, 0)
    files.write(f"{tmp_path}/conv2/trial1/0/notes/mine.txt", b"")
    files.write(f"{tmp_path}/conv2/trial1/0/same_init/masks/a.npy", b"")
    files.make_folder(f"{tmp_path}/empty")
    found = tree.walk(f"{tmp_path}/")
    assert [place.directory.removeprefix(str(tmp_path)) for place in found] == [
        *("", "/conv2", "/conv2/trial1", "/conv2/trial1/0"),
        *("/conv2/trial1/0/notes", "/conv2/trial1/0/same_init"),
    ]
    notes = found[-2]
    assert (notes.experiment, notes.trial) == ("conv2/notes", 1)
    assert notes.file_names == ("mine.txt",)
    assert notes.holds("other.txt", "mine.txt") and not notes.holds("mine")
    with pytest.raises(FileNotFoundError, match="No results folder at"):
        tree.walk(str(tmp_path / "nowhere"))


def test_a_tree_tells_which_folders_hold_a_file(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    files.write(f"{tmp_path}/trial1/0/notes/mine.txt", b"")
    found = results.read(str(tmp_path))
    names = ("mine.txt", "run.json")
    assert [place.experiment for place in found.holding(*names)] == [
        "notes",
        "same_init",
    ]
    assert found.holding("other.txt") == []


def test_a_gem_is_one_run_whatever_its_parts_hold(tmp_path):
    directory = fake_gems.write_gem(
        str(tmp_path), 1, 2, events=[fake_gems.event(0, 0.5)]
    )
    for part in ("parts", *names_0_1_0.PART_FOLDERS[1:]):
        files.write(f"{directory}/{part}/run.json", b"{}")
        files.write(f"{directory}/{part}/0/same_init/run.json", b"{}")
    assert _addresses(tmp_path) == [("gem_miner", 1, 2, "")]
    alone = [place.experiment for place in _find(f"{directory}/search")]
    assert alone == ["search", "same_init"]


def test_a_gem_is_begun_by_its_search_and_may_end_without_a_run(tmp_path):
    directory = f"{tmp_path}/trial1/2/gem_miner"
    files.write(f"{directory}/search/checkpoint.bin", b"state")
    assert _addresses(tmp_path) == [("gem_miner", 1, 2, "")]
    files.write(f"{directory}/.lock", b"")
    files.write(f"{directory}/gem.json", b"{}")
    assert _addresses(tmp_path) == []


def test_ways_between_masks_are_no_run(tmp_path):
    directory = f"{tmp_path}/trial1/2/mask_connectivity"
    for name in ("mask_connectivity.json", ".lock"):
        files.write(f"{directory}/{name}", b"{}")
    assert _addresses(tmp_path) == []


def test_a_record_of_any_other_experiment_is_no_run(tmp_path):
    directory = f"{tmp_path}/trial1/2/mine"
    for name in (".lock", "parts/0/run.json"):
        files.write(f"{directory}/{name}", b"{}")
    expected = [("mine", 1, 2, "")]
    assert _addresses(tmp_path) == expected
    files.write(f"{directory}/validate.json", b"{}")  # Of a run.
    assert _addresses(tmp_path) == expected
    files.write(f"{directory}/mine.json", b"{}")
    assert _addresses(tmp_path) == []


def _names(*folders):
    walked = tree.walk(",".join(map(str, folders)))
    return [place.experiment for place in walked if place.is_run]


def test_several_folders_have_names_that_tell_them_apart(tmp_path):
    for name in ("a", "b/x", "c/x", "c/y"):
        fake_results.write_run(str(tmp_path / name), 1, 0)
    one, two = tmp_path / "a", tmp_path / "b/x"
    assert _names(one, two) == ["a/same_init", "b/x/same_init"]
    assert _names(two, tmp_path / "c/x") == ["b/same_init", "c/same_init"]
    assert _names(tmp_path / "c/x", f"{tmp_path}/c/y/") == [
        *("x/same_init", "y/same_init")
    ]
    assert _names(one, f" {two}") == ["a/same_init", "b/x/same_init"]


def test_a_folder_may_have_a_comma_in_its_name(tmp_path):
    fake_results.write_run(str(tmp_path / "lr.1,.2"), 1, 0)
    assert _names(tmp_path / "lr.1,.2") == ["same_init"]


@pytest.mark.parametrize("names", [("a", "a"), ("a", "a/trial1"), ("", "a")])
def test_folders_must_lie_beside_each_other(tmp_path, names):
    fake_results.write_run(str(tmp_path / "a"), 1, 0)
    with pytest.raises(ValueError, match="beside each other"):
        _names(*(f"{tmp_path}/{name}" for name in names))


@pytest.mark.parametrize("names", ["a,none", "none,a", "none,"])
def test_every_folder_must_be_there(tmp_path, monkeypatch, names):
    monkeypatch.chdir(tmp_path)
    fake_results.write_run("a", 1, 0)
    with pytest.raises(FileNotFoundError, match="No results folder at 'none'"):
        tree.walk(names)
    assert tree.roots("a,") == ["a"]

"""A ticket as users have it: packed, mailed, checked, and trained again."""

import shutil

import pytest

from lottery_ticket.foundations.tickets import ticket_file
from lottery_ticket.runners import main
from lottery_ticket.tests import tiny

FLAGS = (
    *("--training_len=12it", "--hidden_units=20,10", "--iterations=2"),
    *("--jit=False", "--seed=1", "--quiet"),
)


@pytest.mark.slow
def test_from_an_experiment_to_a_mailed_file_and_back(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    run = "results/trial1/2/same_init"
    main.main(["lottery_experiment", "results/trial1", *FLAGS])
    main.main(["ticket", "pack", run, "--output=mine.ticket"])
    trained = tiny.result_bytes(run)
    shutil.rmtree("results")

    (tmp_path / "mailed").mkdir()
    shutil.move("mine.ticket", "mailed")
    monkeypatch.chdir(tmp_path / "mailed")
    main.main(["ticket", "verify", "mine.ticket"])
    out = capsys.readouterr().out
    assert "test accuracy: " in out and " recorded, " in out
    main.main(["train", "--ticket=mine.ticket", "again", "--quiet"])
    assert tiny.result_bytes("again") == trained
    main.main(["ticket", "unpack", "mine.ticket", f"--output_dir={run}"])
    main.main(["ticket", "pack", run, "--output=other.ticket"])
    one, other = map(ticket_file.read, ("mine.ticket", "other.ticket"))
    assert one.bytes == other.bytes
    main.main(["report", "results"])


@pytest.mark.slow
def test_a_file_that_does_not_do_what_it_says_ends_with_1(tmp_path, capsys):
    run = str(tmp_path / "results/trial1/0/same_init")
    words = [*FLAGS, "--iterations=0"]
    words.remove("--iterations=2")
    main.main(["lottery_experiment", str(tmp_path / "results/trial1"), *words])
    path = str(tmp_path / "mine.ticket")
    main.main(["ticket", "pack", run, f"--output={path}"])
    ticket = ticket_file.read(path)
    ticket.logs["test"]["accuracy"][-1] = 0.999
    lying = ticket_file.Ticket(
        ticket.masks, ticket.networks, ticket.record, ticket.logs
    )
    ticket_file.write(path, lying)
    with pytest.raises(SystemExit) as stop:
        main.main(["ticket", "verify", path])
    assert stop.value.code == 1
    err = capsys.readouterr().err
    assert "does not do what it says: test accuracy: 0.999 recorded" in err
    ticket_file.write(path, ticket)
    (tmp_path / "mine.ticket").write_bytes(ticket.bytes[:-1])
    with pytest.raises(SystemExit) as stop:
        main.main(["ticket", "verify", path])
    assert stop.value.code == 2

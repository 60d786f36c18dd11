import gc

import pandas as pd
from matplotlib import lines

from lottery_ticket.analysis.look import points


def test_what_is_told_of_a_line_is_known_as_long_as_it_is():
    line = lines.Line2D([0], [1])
    assert points.told(line) is None
    known = len(points._told)
    points.tell(line, points.Points([0], [2], [{"level": 1}]))
    assert points.told(line).of == [{"level": 1}]
    del line
    gc.collect()
    assert len(points._told) <= known


def test_some_points_are_chosen():
    told = points.Points([0, 1, 2], [3, 4, 5], [{"level": i} for i in range(3)])
    found = told.chosen([0, 2])
    assert (found.low, found.high) == ([0, 2], [3, 5])
    assert found.of == [{"level": 0}, {"level": 2}]


def test_rows_say_whose_runs_they_are_of():
    table = pd.DataFrame({"level": [0, 1], "runs": [2, 3], "x_mean": [1, 2]})
    found = points.of_rows(table, "x", 100)
    assert found[1] == {"level": 1, "runs": 3, "column": "x", "scale": 100}
    indexed = table.assign(experiment="a").set_index(["experiment", "level"])
    assert points.of_rows(indexed, "x", 1)[0]["experiment"] == "a"

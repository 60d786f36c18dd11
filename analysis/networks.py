"""What a network is called where results of several stand side by side."""

from lottery_ticket.analysis import tree
from lottery_ticket.foundations import lazy

pd = lazy.module("pandas")


def names(*frames: "pd.DataFrame") -> list["pd.Series"]:
    """Returns the name of each row's network: its tree, or data and model.

    Results of one tree, dataset and model are of one network, whatever their
    recipes: masks and weights are trained with different ones.

    Args:
        frames: Data frames with the columns experiment, dataset and model.

    Returns:
        A Series for each frame, of its index. A tree with several networks is
        followed by dataset and model: "mine mnist fc".
    """
    keys = [_keys(frame) for frame in frames]
    of_tree = {}
    for key in {key for own in keys for key in own}:
        of_tree.setdefault(key[0], set()).add(key)
    return [
        own.map(lambda key: _name(key, len(of_tree[key[0]]) == 1))
        for own in keys
    ]


def _keys(frame):
    trees = frame["experiment"].map(tree.name)
    columns = trees, frame["dataset"], frame["model"]
    return pd.Series(
        list(zip(*columns, strict=True)), frame.index, dtype=object
    )


def _name(key, is_alone):
    own_tree, dataset, model = key
    if own_tree and is_alone:
        return own_tree
    return " ".join(str(part) for part in (own_tree, dataset, model) if part)

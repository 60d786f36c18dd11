"""Tables of what sparse networks found at initialisation reach."""

from lottery_ticket.analysis import tables
from lottery_ticket.foundations import lazy

pd = lazy.module("pandas")

EXPLANATION = """\
Networks that are sparse from the start: test accuracy in %, mean of n trials,
lowest-highest below it.
before    under the final mask, before any weight is trained
after     fine-tuned
best      at the lowest validation loss of fine-tuning
"""
CHECKS = """\
Sanity checks, fine-tuned as what was found (after) is
reinit    the same mask, weights drawn anew
shuffle   the mask shuffled within each layer
invert    the mask of a search that prunes the highest scores
"""
# Column of `gems.summarize` -> its head.
HEADS = {
    "before_accuracy": "before",
    "accuracy": "after",
    "best_accuracy": "best",
}
CHECK_HEADS = {
    "accuracy": "after",
    "weight_reinit_accuracy": "reinit",
    "mask_shuffle_accuracy": "shuffle",
    "score_inversion_accuracy": "invert",
}


def to_text(summary: "pd.DataFrame") -> str:
    """Returns a summary as text, and one of the sanity checks if there are any.

    Args:
        summary: As from `gems.summarize`.
    """
    text = f"{EXPLANATION}\n{_table(summary, HEADS)}"
    columns = [f"{name}_mean" for name in CHECK_HEADS if name != "accuracy"]
    checked = summary[summary[columns].notna().any(axis=1)]
    if len(checked):
        text += f"\n{CHECKS}\n{_table(checked, CHECK_HEADS)}"
    return text


def _table(summary, heads):
    lines = [[*tables.PLACE_HEADS, "n", *heads.values()]]
    for row in summary.to_dict("records"):
        place = [row["experiment"], str(row["level"])]
        place += [tables.percent(row["density"]), str(row["n"])]
        means = [tables.number(row[f"{name}_mean"]) for name in heads]
        lines.append([*place, *means])
        if row["n"] > 1:
            ranges = [_range(row, name) for name in heads]
            lines.append([*[""] * len(place), *ranges])
    return tables.align(lines)


def _range(row, name):
    ends = [row[f"{name}_{end}"] for end in ("min", "max")]
    if pd.isna(ends[0]):
        return ""
    return "-".join(tables.number(end) for end in ends)

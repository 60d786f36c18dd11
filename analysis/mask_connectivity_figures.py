"""Figures of the ways between masks: accuracy and loss along them."""

from lottery_ticket.analysis import (
    experiment_styles,
    figure_files,
    figure_style,
    mask_connectivity,
    tables,
)
from lottery_ticket.foundations import lazy

mpl_figure = lazy.module("matplotlib.figure")
pd = lazy.module("pandas")

GROUP = ["experiment", "level", "way", "norm_statistics"]
# Split -> its name for readers; styles are those of SERIES, in this order.
SPLITS = {"train": "training", "validate": "validation", "test": "test"}
COLUMNS = 2
HEIGHT_INCHES = 2.4


def outputs(points: "pd.DataFrame") -> dict[str, bytes]:
    """Returns tables and figures of the ways between masks, by file name.

    Tables as `mask_connectivity.to_csv`; the figures, as .png and .pdf, are
    mask_connectivity (accuracy) and mask_connectivity_loss. Empty where there
    is no way.

    Args:
        points: `mask_connectivity.read(...).points`.
    """
    if points.empty:
        return {}
    figures = {
        "mask_connectivity": along_way(points, "accuracy"),
        "mask_connectivity_loss": along_way(points, "loss"),
    }
    return {
        **mask_connectivity.to_csv(points),
        **figure_files.render_all(figures),
    }


def along_way(
    points: "pd.DataFrame", measure: str = "accuracy"
) -> "mpl_figure.Figure":
    """Returns a figure of accuracy or loss on the way between two masks.

    A panel per experiment, level and kind of way, a line per split: the mean
    over trials and draws, in a band from the lowest to the highest. Titles say
    what the masks keep and in what share of entries they differ.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), mode
    connectivity.

    Args:
        points: `mask_connectivity.read(...).points`.
        measure: "accuracy" or "loss".

    Raises:
        ValueError: If there are none.
    """
    if points.empty:
        raise ValueError("There is no way between masks to draw")
    groups = list(points.groupby(GROUP, sort=False))
    shown = [name for name in SPLITS if name in set(points["split"])]
    looks = dict(zip(SPLITS, figure_style.SERIES, strict=False))
    with figure_style.drawing(
        len(groups), COLUMNS, height_inches=HEIGHT_INCHES
    ) as (figure, panels):
        named = zip(panels, groups, _names(groups), strict=True)
        for axes, (_, own), name in named:
            for split in shown:
                line = own[own["split"] == split]
                _draw(axes, line, measure, looks[split])
            axes.set_title(_title(name, own))
            axes.margins(x=0)
            axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        label = "Accuracy (%)" if measure == "accuracy" else "Loss"
        x_label = r"From first (0) to second mask (1), $\alpha$"
        figure_style.outer_labels(panels, x_label, label, COLUMNS)
        entries = [
            figure_style.entry(f"{SPLITS[split]} set", **_line(looks[split]))
            for split in shown
        ]
        figure_style.legend(figure, entries, len(entries))
    return figure


def _draw(axes, line, measure, look):
    """Draws one split of one panel; nothing where it was not evaluated."""
    by_alpha = line.groupby("alpha")
    # Where only some of the trials have a point, a mean would jump.
    sizes = by_alpha.size()
    curve = by_alpha.agg(
        mean=(measure, "mean"),
        low=(f"{measure}_min", "min"),
        high=(f"{measure}_max", "max"),
    )[sizes == sizes.max()]
    curve = curve * (100 if measure == "accuracy" else 1)
    axes.plot(curve.index, curve["mean"], **_line(look))
    band = {"color": look["color"], "alpha": 0.15, "linewidth": 0}
    axes.fill_between(curve.index, curve["low"], curve["high"], **band)


def _line(look):
    """The points are too many for markers."""
    return {key: look[key] for key in ("color", "linestyle")}


def _names(groups):
    """What each panel is called: the way, and what else tells it apart."""
    keys = pd.DataFrame([key for key, _ in groups], columns=GROUP)
    found = keys["way"]
    if keys["norm_statistics"].nunique() > 1:
        found = found + ", statistics " + keys["norm_statistics"]
    is_shared = found.groupby([found, keys["level"]]).transform("size") > 1
    return found.where(~is_shared, keys["experiment"] + ", " + found)


def _title(name, own):
    """The panel's name, then what its masks are."""
    ends = own[own["alpha"].isin((0, 1))]
    kept, apart = _range(ends["density"]), _range(own["hamming"])
    count = experiment_styles.count_text([own["trial"].nunique()])
    return f"{name} {count}\n{kept} % kept, masks differ in {apart} %"


def _range(fractions):
    ends = tables.percent(fractions.min()), tables.percent(fractions.max())
    return "–".join(dict.fromkeys(ends))

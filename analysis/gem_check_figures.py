"""The figure of sanity checks: is it the weights, the places, the scores?"""

from lottery_ticket.analysis import figure_style, gem_axes
from lottery_ticket.foundations import lazy

mpl_figure = lazy.module("matplotlib.figure")
pd = lazy.module("pandas")

# What is fine-tuned: its column, name and style.
STYLES = {
    "accuracy": ("as found", {"color": "black", "marker": "o"}),
    "weight_reinit_accuracy": (
        "weights drawn anew",
        {"color": "#D55E00", "marker": "s", "linestyle": "--"},
    ),
    "mask_shuffle_accuracy": (
        "mask shuffled in each layer",
        {"color": "#0072B2", "marker": "^", "linestyle": "-."},
    ),
    "score_inversion_accuracy": (
        "highest scores pruned",
        {"color": "#009E73", "marker": "v", "linestyle": (0, (1, 1))},
    ),
}


def checked(methods: "pd.DataFrame") -> list[str]:
    """Returns the methods that have sanity checks to draw.

    Args:
        methods: `gems.read(...).methods`.
    """
    columns = [column for column in STYLES if column != "accuracy"]
    has_any = methods[columns].notna().any(axis=1) & (methods["density"] > 0)
    return [*methods["experiment"][has_any].unique()]


def checks(methods: "pd.DataFrame") -> "mpl_figure.Figure":
    """Returns a figure of sanity checks against density, a panel per method.

    All are fine-tuned: what the method found; the same mask over weights drawn
    anew; its mask, shuffled within each layer; a mask of what is left when the
    highest scores go. Means over trials, bars from the lowest to the highest;
    dotted, the dense network's mean, and dash-dotted, chance.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), fig. 3.

    Args:
        methods: `gems.read(...).methods`.

    Raises:
        ValueError: If there is none with a sanity check.
    """
    names = checked(methods)
    if not names:
        raise ValueError("There is no sanity check to draw")
    drawn = gem_axes.drawn(methods)
    checked_rows = drawn[drawn["experiment"].isin(names)]
    has_any = checked_rows[[*STYLES]].notna().any()
    columns = [column for column in STYLES if has_any[column]]
    with figure_style.drawing(len(names)) as (figure, panels):
        for axes, name in zip(panels, names, strict=True):
            _draw(axes, drawn, name, columns)
            own = drawn[drawn["experiment"] == name]
            axes.set_title(gem_axes.label(name, own))
        gem_axes.finish(panels, checked_rows, figure_style.COLUMNS)
        entries = [
            figure_style.entry(text, **style)
            for text, style in (STYLES[column] for column in columns)
        ]
        entries += gem_axes.line_entries(drawn)
        figure_style.legend(figure, entries, max(2 * len(panels), 2))
    return figure


def _draw(axes, drawn, name, columns):
    """Draws a method's checks beside the dense network of its own kind."""
    [network] = drawn["network"][drawn["experiment"] == name].unique()
    is_dense = (drawn["density"] == 1) & (drawn["network"] == network)
    shown = drawn[is_dense | (drawn["experiment"] == name)]
    series = [(name, column, STYLES[column][1]) for column in columns]
    gem_axes.draw(axes, shown, series)

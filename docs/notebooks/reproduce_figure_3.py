# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Reproduce figure 3, and ask what makes a ticket
#
# Figure 3 of [Frankle & Carbin 2019](https://arxiv.org/abs/1803.03635) shows
# test accuracy over training, at densities from 100 to 1.9 %: tickets learn as
# well as the dense network, down to a few percent, and reinitialised ones do
# not. Here it is drawn on digits, two trials in a few minutes on two cores. For
# MNIST, as in the paper, say `lt.Recipe("mnist_fc", data_dir="data",
# seed=trial)` instead, and wait longer.

# %%
import os

import matplotlib.pyplot as plt

import lottery_ticket as lt
from lottery_ticket.analysis import logs
from lottery_ticket.experiments import branch, lottery_experiment

OUT = "results/figure3"
TRIALS = range(1, 1 + int(os.environ.get("TRIALS", 2)))
SHOWN = (0, 3, 7, 12, 15, 18)  # Densities of 100 to 2 %.
QUESTIONED = (7, 18)

# %% [markdown]
# ## Tickets
#
# An experiment is a value: `plan` says what would be written, read and done,
# `run` does it. A trial is a seed and a folder. What is finished is not done
# again.

# %%
for trial in TRIALS:
    lottery_experiment.plan(
        f"{OUT}/trial{trial}",
        lt.Recipe("digits_fc", seed=trial),
        iterations=18,
        save_summaries=False,
        quiet=True,
    ).run()

# %% [markdown]
# ## Controls
#
# A *branch* starts from a finished level, with one thing changed. `reinit`
# keeps the mask and draws the weights anew; `shuffle` keeps the weights of
# the dense network and permutes the mask in each layer; `reuse_sign` keeps
# the mask and each weight's sign, and draws magnitudes from the ticket's own.

# %%
CONTROLS = {
    "reinit": {"mask_1_action": "reinit"},
    "shuffle": {"selection": "shuffle"},
    "reuse_sign": {"mask_1_action": "reuse_sign"},
}
for trial in TRIALS:
    for level in QUESTIONED:
        for name, change in CONTROLS.items():
            branch.plan(
                f"{OUT}/trial{trial}/{level}/{name}1",
                f"{OUT}/trial{trial}/{level}/same_init",
                **change,
                save_summaries=False,
                quiet=True,
            ).run()

# %% [markdown]
# ## The figure
#
# All evaluations of all runs are one data frame.

# %%
found = lt.read_results(OUT)
curves = logs.read(found.runs)
curves = curves[curves["log"] == "test"]
figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), sharey=True)
for ax, experiments in zip(
    axes, (("same_init",), ("same_init", "reinit")), strict=True
):
    levels = SHOWN if len(experiments) == 1 else (0, *QUESTIONED)
    shown = curves[
        curves["experiment"].isin(experiments) & curves["level"].isin(levels)
    ]
    for (name, level), rows in shown.groupby(["experiment", "level"]):
        mean = rows.groupby("iteration")["accuracy"].mean()
        density = rows["density"].iloc[0]
        dashes = "--" if name == "reinit" else "-"
        label = f"{density:.1%}" + " reinit" * (name == "reinit")
        ax.plot(
            mean.index,
            100 * mean,
            dashes,
            color=f"C{SHOWN.index(level)}",
            label=label,
        )
    ax.set(xlabel="Iteration", ylim=(80, 100))
    ax.legend(ncols=2, fontsize=8)
axes[0].set_ylabel("Test accuracy (%)")
figure.tight_layout()
figure.savefig(f"{OUT}/figure3.png", dpi=150)

# %% [markdown]
# ![Test accuracy over 2,000 iterations on digits: tickets learn as the dense
# network does, reinitialised ones of the same density more
# slowly](../notebook_figure_3.png)
#
# ## What makes a ticket?
#
# Mean test accuracy at the end of training, in percent:

# %%
table = (
    found.runs[found.runs["level"].isin(QUESTIONED)]
    .assign(accuracy=lambda runs: 100 * runs["accuracy"])
    .pivot_table("accuracy", "density", "experiment")
)
print(table.round(1).sort_index(ascending=False).to_string())

# %% [markdown]
# Measured with two trials (2 cores of an AMD EPYC, TensorFlow 2.21):
#
# | density | ticket | `reuse_sign` | `reinit` | `shuffle` |
# |---|---|---|---|---|
# | 21.5 % | 97.7 | 97.5 | 97.8 | 97.8 |
# | 2.07 % | 98.0 | 98.0 | 96.5 | 72.8 |
#
# At 21.5 % none of it matters. At 2.07 % the shuffled mask costs most, fresh
# weights less, and weights of the ticket's signs and magnitudes, at other
# places, nothing: the mask, then the scale and the signs. [More
# trials](../methods.md#questions-to-a-ticket) say the same.
#
# `lottery-ticket report --output_dir=results/figure3` draws all of it, with
# spreads.

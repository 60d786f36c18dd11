"""What a report compares, and how it shows that, as flags."""

from lottery_ticket.foundations.values import fields

FORMATS = ("text", "latex", "markdown", "csv")
CONTROL = "reinit"


@fields.settings
class Options:
    """What a report compares, and how it shows that."""

    metric: str | None = fields.left_open(
        "Headline metric of the results to report, such as accuracy or mae, "
        "where a folder holds several; None takes all."
    )
    control: str = fields.field(
        CONTROL,
        "Experiment that tickets are compared with in each trial; that of a "
        "ticket called NAME is NAME_CONTROL, if there is one.",
    )
    margin: float | None = fields.left_open(
        "How much worse than dense still counts as as good, in points of "
        "accuracy or the unit of another metric; None takes the standard "
        "deviation of the dense runs.",
        at_least=0,
    )
    table: str = fields.field(
        "text",
        "How tables are printed; for papers, a file is written too.",
        choices=FORMATS,
    )
    labels: tuple[str, ...] = fields.field(
        (),
        "Names of experiments in figures, such as same_init=ticket,"
        "reinit=fresh weights.",
    )
    ylim: tuple[float, ...] | None = fields.left_open(
        "Ends of the axis of accuracy, or what else is the headline metric, "
        "such as 90,100, in accuracy.png, early_stop_accuracy.png and "
        "curves.png; None fits it to the data."
    )

    def __attrs_post_init__(self):
        """Raises ValueError for a label or ends that are none."""
        for text in self.labels:
            if not all(map(str.strip, text.partition("="))):
                raise ValueError(
                    "labels must be pairs such as reinit=fresh weights. "
                    f"Received: {text!r}"
                )
        ends = self.ylim
        if ends is not None and (len(ends) != 2 or ends[0] >= ends[1]):
            raise ValueError(
                "ylim must be two numbers, the lower first, such as 90,100. "
                f"Received: {','.join(map(str, ends))}"
            )

    @property
    def names(self) -> dict[str, str]:
        """Returns the labels as a dict, experiment -> its name in figures."""
        pairs = (text.partition("=") for text in self.labels)
        return {name.strip(): text.strip() for name, _, text in pairs}


USUAL = Options()

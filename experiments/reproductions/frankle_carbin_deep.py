"""Deep networks of Frankle & Carbin 2019, https://arxiv.org/abs/1803.03635.

Figures 6 to 8: dropout, VGG-19 and ResNet-20 at three rates. What the text
gives is an order, but for ResNet-20 with warmup. That networks of these figures
are compared by the accuracy at the end of training is our choice.
"""

from lottery_ticket.experiments.reproductions import (
    claims,
    frankle_carbin,
    measures,
)

END = {"column": measures.AT_END}


def _dropout(layers, density):
    recipe = f"--recipe=cifar10_conv{layers}_dropout"
    name = f"Conv-{layers}"
    tickets, tiny = frankle_carbin.tickets, (*claims.TINY, claims.NARROW)
    short = (
        *(recipe, "--training_len=6000it", "--test_interval=200"),
        *("--validate_interval=200", "--iterations=5"),
        "--fractions=conv*=.2,dense*=.4,logits=.2",
    )
    return claims.Study(
        f"{name} with dropout on CIFAR-10",
        frankle_carbin.PAPER,
        {
            "paper": tickets(recipe, "--iterations=12", levels="8", runs=1),
            "short": tickets(*short, levels="4", runs=1),
            "smoke": tickets(
                recipe, *tiny, "--iterations=1", levels="1", runs=1
            ),
        },
        {
            "better": claims.Claim(
                f"accuracy at {claims.percent(density)}, less the dense "
                "network's",
                "fig. 6: pruning adds to what dropout gains",
                measures.gain(density),
                claims.above(0, "above dense"),
                scales=("paper", "short"),
            ),
        },
        data="cifar10",
    )


def _rate(network, name, rate, density, claim, iterations):
    """A deep network at one of three rates: fig. 7 or 8."""
    recipe = f"--recipe=cifar10_{network}{rate}"
    tickets = frankle_carbin.tickets
    tiny = claims.TINY_DEEP
    if rate == "_warmup":
        tiny = (*tiny, "--warmup=1it")
    figure = "fig. 8" if network == "resnet20" else "fig. 7"
    words = {
        "": "at a rate of .1",
        "_low_lr": "at .01",
        "_warmup": "with warmup",
    }
    return claims.Study(
        f"{name} on CIFAR-10 {words[rate]}",
        frankle_carbin.PAPER,
        {
            "paper": tickets(
                *(recipe, f"--iterations={iterations}"),
                levels=f"{iterations - 1}",
                runs=1,
            ),
            "smoke": tickets(
                recipe, *tiny, "--iterations=1", levels="1", runs=1
            ),
        },
        {
            "reinit": claims.Claim(
                f"accuracy at {claims.percent(density)}, less reinit's",
                f"{figure} and sec. 4",
                measures.gain(density, over="reinit", **END),
                claim,
            ),
        },
        data="cifar10",
    )


_NONE = claims.near(0, unit=" points", text="no better: no ticket")
_SOME = claims.above(0, "better: a ticket")
_WARM = _rate("resnet20", "ResNet-20", "_warmup", 0.271, _SOME, 7)
STUDIES = {
    "conv2_dropout": _dropout(2, 0.211),
    "conv4_dropout": _dropout(4, 0.16),
    "conv6_dropout": _dropout(6, 0.211),
    "resnet20": _rate("resnet20", "ResNet-20", "", 0.271, _NONE, 7),
    "resnet20_low_lr": _rate(
        "resnet20", "ResNet-20", "_low_lr", 0.271, _SOME, 7
    ),
    "resnet20_warmup": claims.with_claim(
        _WARM,
        "accuracy",
        claims.Claim(
            "accuracy at 27.1 %",
            "sec. 4",
            measures.accuracy(0.271, **END),
            claims.near(90.5, unit=" %"),
        ),
    ),
    "vgg19": _rate("vgg19", "VGG-19", "", 0.028, _NONE, 17),
    "vgg19_low_lr": _rate("vgg19", "VGG-19", "_low_lr", 0.028, _SOME, 17),
    "vgg19_warmup": _rate("vgg19", "VGG-19", "_warmup", 0.028, _SOME, 17),
}

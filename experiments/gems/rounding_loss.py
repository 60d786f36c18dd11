"""The loss by which pseudo-boolean rounding decides."""

from lottery_ticket.foundations import dataset_base, lazy

network_evaluation = lazy.module(
    "lottery_ticket.foundations.training.network_evaluation"
)
EXAMPLES = 128


def function(dataset, model, examples: int = EXAMPLES):
    """Returns the function (masks) -> loss on always the same batch.

    Kernels are multiplied by masks, whose entries may lie between 0 and 1; all
    else is as the model has it when the function is called.

    Args:
        dataset: DatasetBase; the batch are its first training examples.
        model: ModelBase with the weights.
        examples: How many, at most.
    """
    batch = dataset.train.x[:examples], dataset.train.y[:examples]
    alone = dataset_base.DatasetBase(
        batch,
        len(batch[0]),
        batch,
        prepare=dataset.prepare,
        num_classes=dataset.num_classes,
    )
    made = []

    def loss(masks):
        if not made:  # Not before training, whose data it would unload.
            made.append(
                network_evaluation.NetworkEvaluation(model, alone, ("test",))
            )
            made.append(model.weights)
        evaluation, weights = made
        network = {name: weights[name] * mask for name, mask in masks.items()}
        return evaluation.evaluate(network)["test"]["loss"]

    return loss

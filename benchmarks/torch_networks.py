"""What a user would write in PyTorch, for comparison; not a dependency."""

import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]
from torch.nn import functional  # pyright: ignore[reportMissingImports]


def lenet():
    """Returns LeNet-300-100 for vectors of 784 pixels."""
    return nn.Sequential(
        nn.Linear(784, 300),
        nn.ReLU(),
        nn.Linear(300, 100),
        nn.ReLU(),
        nn.Linear(100, 10),
    )


def conv2():
    """Returns Conv-2 for 32x32 images."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(64, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16384, 256),
        nn.ReLU(),
        nn.Linear(256, 256),
        nn.ReLU(),
        nn.Linear(256, 10),
    )


class Block(nn.Module):
    """Two 3x3 convolutions and a projection shortcut."""

    def __init__(self, inputs, outputs, stride):
        """Makes the layers."""
        super().__init__()
        self.conv0 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm0 = nn.BatchNorm2d(outputs)
        self.conv1 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                nn.BatchNorm2d(outputs),
            )

    def forward(self, x):
        """Returns the block's outputs."""
        y = functional.relu(self.norm0(self.conv0(x)))
        return functional.relu(self.norm1(self.conv1(y)) + self.shortcut(x))


class Resnet20(nn.Module):
    """ResNet-20 for small images."""

    def __init__(self):
        """Makes the layers."""
        super().__init__()
        channels = [16] * 4 + [32] * 3 + [64] * 3
        self.stem = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
        )
        self.blocks = nn.Sequential(
            *(
                Block(inputs, outputs, 1 + (inputs != outputs))
                for inputs, outputs in zip(channels, channels[1:], strict=False)
            )
        )
        self.logits = nn.Linear(64, 10)

    def forward(self, x):
        """Returns logits."""
        return self.logits(torch.mean(self.blocks(self.stem(x)), (2, 3)))


def loop(module, optimizer_fn, x, y, batch_size):
    """Returns a function (iterations) that trains, the data in memory.

    All of it is on the GPU, where PyTorch sees one.

    Args:
        module: torch.nn.Module.
        optimizer_fn: Function (parameters) -> torch optimizer of them.
        x: Array of examples, images as (n, channels, height, width).
        y: Array of labels.
        batch_size: Examples in one iteration.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    x, y = torch.from_numpy(x).to(device), torch.from_numpy(y).to(device)
    optimizer = optimizer_fn(module.to(device).parameters())
    loss_of = nn.CrossEntropyLoss()

    def run(iterations):
        order = torch.randperm(len(x), device=device)
        for iteration in range(iterations):
            first = iteration * batch_size % (len(x) - batch_size)
            rows = order[first : first + batch_size]
            optimizer.zero_grad()
            loss_of(module(x[rows]), y[rows]).backward()
            optimizer.step()
        if device == "cuda":
            torch.cuda.synchronize()  # Sync point.

    return run

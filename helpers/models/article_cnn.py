"""The article's convolutional network, taught in the chapter `cnn/model`."""

import torch
from torch import nn


class ArticleCNN(nn.Module):
    """The article's network for 32 × 32 colour images (its §5.2): 136,874 parameters.

    Two convolutions, each followed by ReLU and a 2 × 2 max-pool, then two linear layers. Built
    layer by layer in the chapter `cnn/model`. Maps (batch, 3, 32, 32) to scores (batch, 10).
    """

    def __init__(self, classes: int = 10):
        """Initialise the weights as torch does by default, which is what the article does."""
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(32 * 8 * 8, 64)
        self.fc2 = nn.Linear(64, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return one row of scores (logits) for each image."""
        x = self.pool(torch.relu(self.conv1(images)))  # (batch, 16, 16, 16)
        x = self.pool(torch.relu(self.conv2(x)))  # (batch, 32, 8, 8)
        x = torch.relu(self.fc1(x.flatten(1)))  # flatten, unlike view, takes any memory layout
        return self.fc2(x)


class PoolFirstCNN(ArticleCNN):
    """The article's network with each pool before its ReLU: the same function of the same weights.

    The larger of two numbers stays the larger when both are cut off at zero, so the order does
    not matter to the result; ReLU then works on a quarter of the numbers.
    """

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return one row of scores (logits) for each image."""
        x = torch.relu(self.pool(self.conv1(images)))
        x = torch.relu(self.pool(self.conv2(x)))
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))

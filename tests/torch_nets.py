"""The layers of rotpipe's nets as PyTorch has them.

What a net string says is asked of `test_kinds --describe`, so that it is parsed in one place.
"""

import math
import os
import subprocess

import torch.nn as nn

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(ROOT, os.environ.get("ROTPIPE_BUILD", "build"), "tests", "test_kinds")


def ask(*words):
    """The lines that test_kinds prints, cut at their tabs."""
    said = subprocess.run([PROGRAM, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True)
    return [line.split("\t") for line in said.stdout.splitlines()]


def layers(net, height, width, channels, classes):
    """Kind, name, width and input of each layer, the head last. An input is (channels, height,
    width), behind a dense layer (features,)."""
    shape = (channels, height, width)
    for kind, name, n, h, w, c, *_ in ask("--describe", net, height, width, channels, classes):
        yield kind, name, int(n), shape
        flat = kind == "dense" or len(shape) == 1
        shape = (int(c),) if flat else (int(c), int(h), int(w))


def module(kind, n, shape, inplace=False):
    """A layer of that kind and width on such an input."""
    make = {
        "conv": lambda: nn.Conv2d(shape[0], n, 3, padding=1),
        "bn": lambda: (nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d)(shape[0]),
        "relu": lambda: nn.ReLU(inplace),
        "gelu": nn.GELU,
        "pool": lambda: nn.MaxPool2d(2),
        "dense": lambda: nn.Linear(math.prod(shape), n),
    }
    return make[kind]()


def examples():
    """Name, net, height, width, channels and classes of the example nets of all kinds."""
    return [(name, net, *map(int, numbers)) for name, net, *numbers in ask("--list-nets")]

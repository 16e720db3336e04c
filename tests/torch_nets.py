"""The layers of rotpipe's nets as PyTorch has them.

What a net string says is asked of `test_kinds --describe`, so that it is parsed in one place.
"""

import os
import subprocess

import torch.nn as nn

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(ROOT, os.environ.get("ROTPIPE_BUILD", "build"), "tests", "test_kinds")


def ask(*words):
    """The lines that test_kinds prints, cut at their tabs."""
    said = subprocess.run([PROGRAM, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True)
    return [line.split("\t") for line in said.stdout.splitlines()]


class Skip(nn.Identity):
    """Begins a residual block."""


class Add(nn.Module):
    """Ends a residual block."""

    def forward(self, value, skip):
        return value + skip


class Projection(nn.Conv2d):
    """The same, where shapes differ."""

    def forward(self, value, skip):
        return value + super().forward(skip)


class Chain(nn.Sequential):
    """Layers, among them residual blocks."""

    def steps(self, value):
        """Name and output of each layer."""
        skips = []
        for name, module in self.named_children():
            if isinstance(module, Skip):
                skips.append(value)
            value = module(value, skips.pop()) if isinstance(module, (Add, Projection)) else module(value)
            yield name, value

    def forward(self, value):
        for _, value in self.steps(value):
            pass
        return value


def layers(net, height, width, channels, classes, inplace=False):
    """Name and module of each layer, the head last; a Flatten comes before the first dense one, as
    "flatten" and its name."""
    flat = False
    for _, name, word, h, w, c, _, _, expression in ask("--describe", net, height, width, channels, classes):
        known = {"nn": nn, "channels": channels, "height": height, "width": width, "flat": flat,
                 "inplace": inplace, "Skip": Skip, "Add": Add, "Projection": Projection,
                 **{key: float(value) if key == "rate" else int(value) for key, value in (pair.split("=") for pair in word.split(","))}}
        module = eval(expression, known)
        if isinstance(module, nn.Linear) and not flat:
            yield "flatten" + name, nn.Flatten()
            flat = True
        yield name, module
        height, width, channels = int(h), int(w), int(c)


def examples():
    """Name, net, height, width, channels and classes of the example nets of all kinds."""
    return [(name, net, *map(int, numbers)) for name, net, *numbers in ask("--list-nets")]

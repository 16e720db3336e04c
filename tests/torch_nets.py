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


def layers(net, height, width, channels, classes, inplace=False):
    """Name and module of each layer, the head last; a Flatten comes before the first dense one, as
    "flatten" and its name."""
    flat = False
    for _, name, n, h, w, c, _, _, expression in ask("--describe", net, height, width, channels, classes):
        known = {"nn": nn, "n": int(n), "channels": channels, "height": height, "width": width,
                 "flat": flat, "inplace": inplace}
        module = eval(expression, known)
        if isinstance(module, nn.Linear) and not flat:
            yield "flatten" + name, nn.Flatten()
            flat = True
        yield name, module
        height, width, channels = int(h), int(w), int(c)


def examples():
    """Name, net, height, width, channels and classes of the example nets of all kinds."""
    return [(name, net, *map(int, numbers)) for name, net, *numbers in ask("--list-nets")]

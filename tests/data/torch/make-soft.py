#!/usr/bin/python3
"""What PyTorch gives for the cross-entropy with soft labels: the numbers that tests/unit/test_soft.c
compares with.

usage: make-soft.py > ../../unit/soft_torch.h      (Debian: python3-torch; PyTorch 1.13)

Logits and soft labels come from formulas that test_soft.c has too; the soft labels have one class
less than the logits. Everything is computed in double precision.
"""

import torch

torch.set_default_dtype(torch.float64)
SAMPLES, CLASSES = 4, 5
WEIGHT = torch.tensor([0.5, 2, 1, 0.25, 3])
SHARE = 0.625


def logits():
    return torch.tensor([[(i * 7 + k * 5 + i * k * 3) % 11 / 4 - 1 for k in range(CLASSES)]
                         for i in range(SAMPLES)])


def soft():
    q = torch.zeros(SAMPLES, CLASSES)
    for i in range(SAMPLES):
        for k in range(CLASSES - 1):
            q[i, k] = 1 + (i * 3 + k * k) % 5
    return q / q.sum(1, keepdim=True)


def numbers(values):
    return ", ".join("%.17g" % v for v in values)


def main():
    print("/* Made by tests/data/torch/make-soft.py: the cross-entropy as PyTorch computes it. */")
    for name, weight, smooth, mixed in [("plain", None, 0, 0), ("smooth", None, 0.25, 0),
                                        ("weighted", WEIGHT, 0, 0), ("both", WEIGHT, 0.25, 0),
                                        ("mixed", WEIGHT, 0.25, 1)]:
        x, q = logits().requires_grad_(), soft()
        if mixed:
            q = SHARE * q + (1 - SHARE) * q.roll(-1, 0)
        loss = torch.nn.functional.cross_entropy(x, q, weight=weight, label_smoothing=smooth,
                                                 reduction="none")
        loss.sum().backward()
        print("static const double %s_loss[] = {%s};" % (name, numbers(loss.tolist())))
        print("static const double %s_grad[] = {%s};" % (name, numbers(x.grad.flatten().tolist())))


main()

#!/usr/bin/python3
"""What PyTorch gives for linear probes: the numbers that tests/unit/test_probe.c compares with.

usage: make-probe.py > ../../unit/probe_torch.h      (Debian: python3-torch; PyTorch 1.13)

The features come from a formula that test_probe.c has too. Everything is computed in double
precision by torch.optim.LBFGS, to a gradient of 1e-10.
"""

import torch

torch.set_default_dtype(torch.float64)
CLASSES = 3
LAMBDAS = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6]
PROBLEMS = [("wide", 30, 48), ("long", 90, 16)]


def problem(n, d):
    label = torch.tensor([(i * i + i // 4) % CLASSES for i in range(n)])
    x = torch.tensor([[(i * 7 + k * 13 + i * k % 11 * 5) % 29 / 8 + int(label[i]) * (k % 3) / 2
                       for k in range(d)] for i in range(n)])
    return x, label


def held_out(label):
    """Of each class every fifth image, beginning with the first."""
    seen, fit, hold = {}, [], []
    for i, c in enumerate(label.tolist()):
        (hold if seen.get(c, 0) % 5 == 0 else fit).append(i)
        seen[c] = seen.get(c, 0) + 1
    return fit, hold


def solve(x, label, strength):
    w = torch.zeros(CLASSES, x.shape[1], requires_grad=True)
    b = torch.zeros(CLASSES, requires_grad=True)
    search = torch.optim.LBFGS([w, b], max_iter=20000, max_eval=40000, tolerance_grad=1e-10,
                               tolerance_change=0, history_size=50, line_search_fn="strong_wolfe")

    def closure():
        search.zero_grad()
        loss = torch.nn.functional.cross_entropy(x @ w.T + b, label)
        loss = loss + strength / 2 * (w * w).sum()
        loss.backward()
        return loss

    search.step(closure)
    return w.detach(), b.detach()


def numbers(values):
    return ", ".join("%.9g" % v for v in values)


def main():
    print("/* Made by tests/data/torch/make-probe.py: linear probes as PyTorch computes them. */")
    for name, n, d in PROBLEMS:
        x, label = problem(n, d)
        mean = x.mean(0)
        scale = 1 / ((x - mean) ** 2).sum(1).mean().sqrt()
        z = (x - mean) * scale
        fit, hold = held_out(label)
        losses, rates = [], []
        for strength in LAMBDAS:
            w, b = solve(z[fit], label[fit], strength)
            logits = z[hold] @ w.T + b
            losses.append(torch.nn.functional.cross_entropy(logits, label[hold]).item())
            rates.append((logits.argmax(1) == label[hold]).double().mean().item())
        best = losses.index(min(losses))
        w, b = solve(z, label, LAMBDAS[best])
        raw = w * scale
        print("static const double %s_lambda = %g, %s_held_out = %.9g;"
              % (name, LAMBDAS[best], name, rates[best]))
        print("static const double %s_logits[] = {%s};"
              % (name, numbers((x @ raw.T + b - raw @ mean).flatten().tolist())))


main()

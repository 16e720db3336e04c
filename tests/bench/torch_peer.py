#!/usr/bin/env python3
"""The work of rottrain, evalacc, featdump and of the whole workflow, done with PyTorch.

    torch_peer.py calibrate-train DATA [--net N] [--batch N] [--threads N]
    torch_peer.py calibrate-infer DATA --model FILE [--threads N]
    torch_peer.py train DATA [--model FILE] [--frozen] [--cached] [--test FILE] ...
    torch_peer.py evalacc DATA --model FILE ...
    torch_peer.py featdump DATA --model FILE --output FILE ...
    torch_peer.py workflow FOLDER --unlabelled N --labelled N --epochs N --few-epochs N ...

DATA and models are the very streams that rotpipe's programs read and write. Results are printed
as `key value` lines. `seconds` is the time of the loop over epochs (batches) alone: the start of
Python, the import of torch and the preparation of the data are not in it.

There are a few ways to write the same net that differ in speed; calibrate-* tries them all and
the fastest is what the others are given (--variant):

    contiguous | channels_last   how weights and images lie in memory
    linear | conv                the first dense layer as nn.Linear, or as a convolution over the
                                 whole plane (same weights, same products; oneDNN computes it where
                                 nn.Linear calls the BLAS, which may be the slow reference one)
    loop | foreach               how torch.optim.Adam walks over the parameters
"""
import argparse
import gzip
import os
import resource
import statistics
import struct
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import torch_nets

VARIANTS = [
    (layout, dense, adam)
    for layout in ("contiguous", "channels_last")
    for dense in ("linear", "conv")
    for adam in ("loop", "foreach")
]
DTYPES = {"u1": "<u1", "u2": "<u2", "u4": "<u4", "u8": "<u8", "f4": "<f4", "f8": "<f8"}


# ---- streams ----


def records(path):
    """Name and content of every record; checksums are left to rtsinfo."""
    with open(path, "rb") as f:
        while head := f.read(128):
            assert head[:4] == b"rts1", path
            size = struct.unpack_from("<Q", head, 16)[0]
            dtype = head[24:28].rstrip(b"\0").decode()
            shape = struct.unpack_from("<6Q", head, 32)[: struct.unpack_from("<I", head, 28)[0]]
            name = head[80:120].rstrip(b"\0").decode()
            payload = f.read((size + 63) // 64 * 64)[:size]
            if name == "end":
                continue
            if dtype in DTYPES:
                yield name, np.frombuffer(payload, DTYPES[dtype]).reshape(shape)
            else:
                yield name, payload.rstrip(b"\0").decode()


def read_data(path):
    """Images [n, c, h, w] as bytes, and labels."""
    images, labels = [], []
    for name, content in records(path):
        if name == "image":
            images.append(content)
        elif name == "label":
            labels.append(content)
    x = np.concatenate(images)
    x = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous()
    return x, torch.from_numpy(np.concatenate(labels).astype(np.int64))


def read_idx(path):
    with gzip.open(path, "rb") as f:
        data = f.read()
    shape = struct.unpack_from(">%dI" % data[3], data, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


# ---- nets ----


class Net(nn.Module):
    """A net from rotpipe's net string: base, then head."""

    def __init__(self, text, image, classes, variant):
        super().__init__()
        self.text = text
        self.dense_as_conv = variant[1] == "conv"
        modules = [m for _, m in torch_nets.layers(text, *image, classes, inplace=True)]
        if self.dense_as_conv:
            modules = first_dense_as_conv(modules, *image)
        self.base = torch_nets.Chain(*modules[:-1])
        self.head = modules[-1]
        for module in self.trained():
            initialise(module)
        initialise(self.head, 0.1)
        self.to(memory_format=memory_format(variant))

    def forward(self, x):
        return self.head(self.base(x))

    def weighted(self):
        """All modules with weights, normalizations too, in the order of a model's records."""
        return [m for m in self.base if getattr(m, "weight", None) is not None] + [self.head]

    def trained(self):
        return [m for m in self.base if isinstance(m, (nn.Conv2d, nn.Linear))] + [self.head]


def first_dense_as_conv(modules, height, width, channels):
    """Flatten and Linear in front of the head as a convolution over the whole plane."""
    at = next(i for i, m in enumerate(modules) if isinstance(m, nn.Flatten))
    if at == len(modules) - 2:
        return modules
    with torch.no_grad():
        plane = torch_nets.Chain(*modules[:at])(torch.zeros(2, channels, height, width)).shape[1:]
    conv = nn.Conv2d(plane[0], modules[at + 1].out_features, plane[1:])
    return modules[:at] + [conv, nn.Flatten()] + modules[at + 2 :]


def initialise(module, gain=1):
    """As rottrain does: He's initialisation, the head a tenth of it."""
    nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
    if module.bias is not None:
        nn.init.zeros_(module.bias)
    with torch.no_grad():
        module.weight.mul_(gain)


def memory_format(variant):
    return torch.channels_last if variant[0] == "channels_last" else torch.contiguous_format


def load_model(path, variant):
    content = dict(records(path))
    shape = [int(x) for x in content["input.shape"]]
    net = Net(content["net"].strip(), shape, len(content["head.bias"]), variant)
    names = [n[: -len(".weight")] for n in content if n.endswith(".weight")]
    with torch.no_grad():
        for name, module in zip(names, net.weighted()):
            for part in ("weight", "bias", "running_mean", "running_var"):
                if getattr(module, part, None) is not None:
                    value = torch.from_numpy(content[f"{name}.{part}"].copy())
                    getattr(module, part).copy_(value.reshape(getattr(module, part).shape))
    mean, std = (torch.from_numpy(content[n].copy()) for n in ("input.mean", "input.std"))
    return net, mean, std


def normalised(images, mean, std, variant):
    x = images.float().div_(255).sub_(mean.view(1, -1, 1, 1)).div_(std.view(1, -1, 1, 1))
    return x.contiguous(memory_format=memory_format(variant))


def statistics_of(images):
    """Mean and deviation of each channel, a few images at a time to spare memory."""
    total = [images.shape[0] * images.shape[2] * images.shape[3], 0.0, 0.0]
    for part in images.split(1000):
        part = part.double().div_(255)
        total[1] = total[1] + part.sum((0, 2, 3))
        total[2] = total[2] + part.square_().sum((0, 2, 3))
    mean = total[1] / total[0]
    return mean.float(), (total[2] / total[0] - mean * mean).sqrt().float()


# ---- training and inference ----


def adam(parameters, variant):
    return torch.optim.Adam(parameters, 1e-3, foreach=variant[2] == "foreach")


def step(net, optimizer, x, y):
    loss = F.cross_entropy(net(x), y)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.detach()


def fit(net, x, y, epochs, batch, variant, what="all"):
    """what: all; frozen (the base runs at every step, without gradients); cached (it ran once,
    x is what it said)."""
    model = net
    if what != "all":
        net.base.requires_grad_(False)
        model = net.head
    optimizer = adam(model.parameters(), variant)
    steps = epochs * ((len(x) + batch - 1) // batch)
    warmup = min(steps // 10, 200)  # rottrain's default
    done, loss = 0, 0
    for _ in range(epochs):
        losses = 0
        for index in torch.randperm(len(x)).split(batch):
            if done <= warmup:
                optimizer.param_groups[0]["lr"] = 1e-3 * min(1, (done + 1) / max(1, warmup))
            done += 1
            inputs = x[index]
            if what == "frozen":
                with torch.no_grad():
                    inputs = net.base(inputs)
            losses += step(model, optimizer, inputs, y[index]) * len(index)
        loss = float(losses) / len(x)
    net.base.requires_grad_(True)
    return loss


def infer(run, x, batch):
    with torch.inference_mode():
        return torch.cat([run(part) for part in x.split(batch)])


def accuracy(net, x, y, batch):
    return float((infer(net, x, batch).argmax(1) == y).float().mean())


def max_rss():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


# ---- commands ----


def report(**values):
    for name, value in values.items():
        print(name, "%.6g" % value if isinstance(value, float) else value)


def calibrate_train(a):
    images, y = read_data(a.data)
    mean, std = statistics_of(images)
    shape = (images.shape[2], images.shape[3], images.shape[1])
    times = {v: [] for v in VARIANTS}
    contenders = {}
    for v in VARIANTS:
        net = Net(a.net, shape, int(y.max()) + 1, v)
        contenders[v] = net, adam(net.parameters(), v), normalised(images, mean, std, v)
    steps = a.steps
    order = torch.randperm(len(y))
    for i in range(steps + 2):  # in turn; the first two warm up
        for v, (net, optimizer, x) in contenders.items():
            start = time.perf_counter()
            index = order[torch.arange(i * a.batch, (i + 1) * a.batch) % len(y)]
            step(net, optimizer, x[index], y[index])
            times[v].append(time.perf_counter() - start)
    speeds = {v: a.batch / statistics.median(t[2:]) for v, t in times.items()}
    for v in sorted(speeds, key=speeds.get, reverse=True):
        print(",".join(v), "%.0f" % speeds[v])


def calibrate_infer(a):
    images, _ = read_data(a.data)
    speeds = {}
    for v in VARIANTS[::2]:
        net, mean, std = load_model(a.model, v)
        x = normalised(images, mean, std, v)
        for batch in (256, 500, 1000):
            times = []
            for _ in range(4):
                start = time.perf_counter()
                infer(net, x[: a.batch * a.steps], batch)
                times.append(time.perf_counter() - start)
            speeds[v, batch] = min(len(x), a.batch * a.steps) / statistics.median(times[1:])
    for v, batch in sorted(speeds, key=speeds.get, reverse=True):
        print(",".join(v), batch, "%.0f" % speeds[v, batch])


def train(a):
    images, y = read_data(a.data)
    shape = (images.shape[2], images.shape[3], images.shape[1])
    if a.model:
        net, mean, std = load_model(a.model, a.variant)
    else:
        mean, std = statistics_of(images)
        net = Net(a.net, shape, int(y.max()) + 1, a.variant)
    x = normalised(images, mean, std, a.variant)
    del images
    start = time.perf_counter()
    if a.cached:
        features = infer(net.base, x, a.batch).clone()
        loss = fit(net, features, y, a.epochs, a.batch, a.variant, "cached")
    else:
        loss = fit(net, x, y, a.epochs, a.batch, a.variant, "frozen" if a.frozen else "all")
    seconds = time.perf_counter() - start
    report(seconds=seconds, speed=len(y) * a.epochs / seconds, loss=loss, maxrss=max_rss())
    if a.test:
        images, y = read_data(a.test)
        report(accuracy=accuracy(net, normalised(images, mean, std, a.variant), y, 500))


def evalacc(a):
    net, mean, std = load_model(a.model, a.variant)
    net.eval()
    images, y = read_data(a.data)
    x = normalised(images, mean, std, a.variant)
    start = time.perf_counter()
    result = accuracy(net, x, y, a.batch)
    report(seconds=time.perf_counter() - start, accuracy=result, maxrss=max_rss())


def featdump(a):
    net, mean, std = load_model(a.model, a.variant)
    images, _ = read_data(a.data)
    x = normalised(images, mean, std, a.variant)
    start = time.perf_counter()
    features = infer(net.base, x, a.batch)
    features.numpy().tofile(a.output)
    report(seconds=time.perf_counter() - start, maxrss=max_rss())


def split(labels, n):
    """Which images are the n labelled ones, as many of each class."""
    chosen = []
    for label in range(10):
        where = torch.nonzero(labels == label).flatten()
        chosen.append(where[torch.randperm(len(where))[: n // 10]])
    return torch.cat(chosen)


def rotated(images):
    x = torch.stack([torch.rot90(images, k, (2, 3)) for k in range(4)], 1).flatten(0, 1)
    return x, torch.arange(4).repeat(len(images))


def workflow(a):
    files = [os.path.join(a.data, "%s-ubyte.gz") % f for f in
             ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")]
    images, labels, test, test_labels = (torch.from_numpy(read_idx(f).copy()) for f in files)
    images, test = images.unsqueeze(1), test.unsqueeze(1)
    labels, test_labels = labels.long(), test_labels.long()
    few = split(labels, a.labelled)
    rest = torch.ones(len(labels), dtype=torch.bool)
    rest[few] = False
    rest = torch.nonzero(rest).flatten()
    rest = rest[torch.randperm(len(rest))[: a.unlabelled]]

    def prepare(x):
        return normalised(x, mean, std, a.variant)

    pretext, rotations = rotated(images[rest])
    mean, std = statistics_of(pretext)
    pretext = prepare(pretext)
    net = Net(a.net, (28, 28, 1), 4, a.variant)
    fit(net, pretext, rotations, a.epochs, 128, a.variant)
    pretext_test, rotations_test = rotated(test)
    report(rotations=accuracy(net, prepare(pretext_test), rotations_test, a.batch))

    x, y, x_test = prepare(images[few]), labels[few], prepare(test)
    scratch = Net(a.net, (28, 28, 1), 10, a.variant)
    fit(scratch, x, y, a.few_epochs, 32, a.variant)
    report(scratch=accuracy(scratch, x_test, test_labels, a.batch))

    net.head = nn.Linear(net.head.in_features, 10)
    initialise(net.head, 0.1)
    fit(net, x, y, a.few_epochs, 32, a.variant, "frozen")
    report(frozen=accuracy(net, x_test, test_labels, a.batch))

    fit(net, x, y, a.few_epochs, 32, a.variant)
    report(tuned=accuracy(net, x_test, test_labels, a.batch))
    report(maxrss=max_rss())


def main():
    commands = {"calibrate-train": calibrate_train, "calibrate-infer": calibrate_infer,
                "train": train, "evalacc": evalacc, "featdump": featdump, "workflow": workflow}
    p = argparse.ArgumentParser()
    p.add_argument("command", choices=commands)
    p.add_argument("data")
    p.add_argument("--net", default="c32 r p c64 r p d16 r")
    p.add_argument("--model")
    p.add_argument("--test")
    p.add_argument("--output")
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--epochs", type=int, default=1)
    p.add_argument("--few-epochs", type=int, default=30)
    p.add_argument("--labelled", type=int, default=1000)
    p.add_argument("--unlabelled", type=int, default=49000)
    p.add_argument("--steps", type=int, default=12)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--variant", default="channels_last,conv,foreach")
    p.add_argument("--frozen", action="store_true")
    p.add_argument("--cached", action="store_true")
    a = p.parse_args()
    a.variant = tuple(a.variant.split(","))
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    commands[a.command](a)


if __name__ == "__main__":
    main()

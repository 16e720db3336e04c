#!/usr/bin/python3
"""What PyTorch makes of small nets: the numbers that tests/unit/test_torch.c compares with. The nets are
some of its own, and the example nets of all kinds of layers as `test_kinds --list-nets` tells them.

usage: make-fixtures.py          (Debian: python3-torch; PyTorch 1.13 made the committed files; after
                                 `make unit`)

For each net NAME it writes, in its own folder, gzip'ed rts(5) streams:

    NAME-data.rts.gz     labelled images: 8, of net "uneven" 14, of "groups" 32
    NAME-model.rts.gz    a model with the weights that all starts from
    NAME-torch.rts.gz    what PyTorch says: act.LAYER (outputs for the first images, channels last),
                         logits (both in evaluation), loss, grad.PARAMETER, and OPTIMISER.PARAMETER, the parameters after
                         ten steps, each on all 8 images; loss.smooth, with smoothed labels; of net "uneven", after ten epochs of
                         batches of four images in rottrain's order of seed 0, by a loss that is
                         weighted by class; of net "groups" the same in batches of 20 and 12,
                         without weights

All of it is computed in double precision and stored as float32. The program also runs everything in
float32 and prints how far that is off: the tolerances in test_torch.c are a few times that.
"""

import copy
import gzip
import math
import os
import struct
import sys
import zlib

import numpy
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", ".."))
import torch_nets

IMAGES = 8
STEPS = 10
CLIP = 3
DECAY = 0.9
ALPHA = 0.4

NETS = {
    # name: net, classes, height, width, channels, images whose activations are kept, optimisers
    "default": ("c32 r p c64 r p d16 r", 4, 28, 28, 1, 0, ["adam"]),
    "small": ("c8 r p c16 r p d16 r", 4, 14, 14, 1, 2,
              ["adam", "adamw", "adaml2", "sgd", "nesterov", "cosine", "onecycle"]),
    "deep": ("c16 r c16 r p c32 r d20 r", 5, 11, 7, 3, 2, ["adam", "nesterov"]),
    "uneven": ("c4 r p d8 r", 5, 14, 14, 1, 0, ["sgd", "adam", "smooth", "clip", "mixup", "mixsmooth"]),
    "groups": ("c4 bn r p c6 bn p d8 bn r", 4, 14, 14, 1, 0, ["nesterov", "average"]),
}

# Images of nets that have more than 8, and of a batch where it is not all.
MANY = {"uneven": (14, 4), "groups": (32, 20)}


# Labels of net "uneven": classes of 8, 3, 2 and 1 images, and one without any.
UNEVEN = [0, 0, 1, 0, 4, 0, 0, 2, 1, 0, 0, 4, 1, 0]


def optimiser(name, parameters):
    if name in ("adam", "cosine"):
        return torch.optim.Adam(parameters, lr=0.001)
    if name == "onecycle":
        return torch.optim.Adam(parameters, lr=0.01)
    if name == "adamw":
        return torch.optim.AdamW(parameters, lr=0.002, weight_decay=0.1)
    if name == "adaml2":
        return torch.optim.Adam(parameters, lr=0.001, weight_decay=0.05)
    return torch.optim.SGD(parameters, lr=0.02, momentum=0.9, weight_decay=0.01,
                           nesterov=name == "nesterov")


def follow(average, net, step):
    """An exponential moving average of all parameters and buffers, as timm's ModelEmaV2 has it, with
    TensorFlow's beginning."""
    decay = min(DECAY, (1 + step) / (10 + step))
    with torch.no_grad():
        for mean, value in zip(average.state_dict().values(), net.state_dict().values()):
            mean.copy_(decay * mean + (1 - decay) * value)


def scheduler(name, o, steps):
    """One has a warm-up over 3 steps, then half a cosine."""
    if name == "onecycle":
        return torch.optim.lr_scheduler.OneCycleLR(o, o.param_groups[0]["lr"], total_steps=steps,
                                                   cycle_momentum=False)

    def factor(step):
        if name != "cosine":
            return 1
        if step < 3:
            return (step + 1) / 3
        return (1 + math.cos(math.pi * (step - 3) / (steps - 3))) / 2

    return torch.optim.lr_scheduler.LambdaLR(o, factor)


# ---- the order of the images, as lib/train/trainer.c draws it ----

class Generator:
    """PCG32, as lib/base/rng.c has it."""

    def __init__(self, seed, stream):
        self.state, self.increment = 0, stream << 1 | 1
        self.u32()
        self.state = (self.state + seed) % 2 ** 64
        self.u32()

    def u32(self):
        old = self.state
        self.state = (old * 6364136223846793005 + self.increment) % 2 ** 64
        x, turn = ((old >> 18 ^ old) >> 27) % 2 ** 32, old >> 59
        return (x >> turn | x << (-turn & 31)) % 2 ** 32

    def below(self, bound):
        while True:
            x = self.u32() << 32
            x |= self.u32()
            if x >= 2 ** 64 % bound:
                return x % bound


def counter(seed, stream, a, b):
    """The generator of a pair of counters."""

    def mix(x):
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9 % 2 ** 64
        x = (x ^ x >> 27) * 0x94d049bb133111eb % 2 ** 64
        return x ^ x >> 31

    x = seed
    for more in 0, a, b:
        x = mix((x + more + 0x9e3779b97f4a7c15) % 2 ** 64)
    return Generator(x, stream)


def beta(generator, a):
    """Of Beta(a, a), as lib/base/beta.c draws it."""

    def uniform():
        high = generator.u32() >> 6
        return ((high << 26 | generator.u32() >> 6) + 0.5) / 2 ** 52

    def normal():
        while True:
            x = 2 * uniform() - 1
            y = 2 * uniform() - 1
            if 0 < x * x + y * y < 1:
                return x * math.sqrt(-2 * math.log(x * x + y * y) / (x * x + y * y))

    def log_gamma_variate(shape):
        d = shape - 1 / 3
        while True:
            x = normal()
            v = (1 + x / math.sqrt(9 * d)) ** 3
            if v > 0 and math.log(uniform()) < 0.5 * x * x + d - d * v + d * math.log(v):
                return math.log(d * v)

    one, other = (log_gamma_variate(a + 1 if a < 1 else a) for _ in range(2))
    if a < 1:
        one += math.log(uniform()) / a
        other += math.log(uniform()) / a
    return 1 / (1 + math.exp(other - one))


def shuffled(generator, order):
    for i in range(len(order) - 1, 0, -1):
        k = generator.below(i + 1)
        order[i], order[k] = order[k], order[i]
    return order


def epochs_of_batches(images, size):
    """Indices of the batches of ten epochs."""
    generator, order = Generator(0, 3), list(range(images))
    for _ in range(STEPS):
        shuffled(generator, order)
        for first in range(0, images, size):
            yield order[first:first + size]


# ---- rts(5) ----

def record(index, name, dtype, shape, payload):
    padded = payload + bytes(-len(payload) % 64)
    head = struct.pack("<4sIQQ4sI6Q40sI", b"rts1", 0, index, len(payload), dtype.encode(),
                       len(shape), *shape, *[0] * (6 - len(shape)), name.encode(),
                       zlib.crc32(padded))
    return head + struct.pack("<I", zlib.crc32(head)) + padded


DTYPES = {"float32": "f4", "uint8": "u1", "uint32": "u4", "uint64": "u8"}


def write(name, records):
    with open(os.path.join(HERE, name), "wb") as raw:
        with gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
            index = 0
            for key, value in records.items():
                if isinstance(value, str):
                    file.write(record(index, key, "text", [len(value.encode())], value.encode()))
                else:
                    file.write(record(index, key, DTYPES[value.dtype.name], value.shape,
                                      value.tobytes()))
                index += 1
            file.write(record(index, "end", "u1", [], b""))


# ---- data ----

def sample():
    """The first images of the committed sample, and their labels."""
    folder = os.path.dirname(HERE)
    with gzip.open(os.path.join(folder, "fashion-sample-train-images-idx3-ubyte.gz")) as file:
        images = numpy.frombuffer(file.read()[16:], numpy.uint8).reshape(-1, 28, 28)
    return images


def pictures(height, width, channels, count):
    """Pieces of the sample; channels are pieces of different images."""
    images = sample()
    if (height, width) == (14, 14):
        images = images[:, ::2, ::2]
    top, left = (images.shape[1] - height) // 2, (images.shape[2] - width) // 2
    images = images[:, top:top + height, left:left + width]
    return numpy.ascontiguousarray(
        images[5:5 + count * channels].reshape(count, channels, height, width)
        .transpose(0, 2, 3, 1))


# ---- nets ----

def build(text, classes, height, width, channels):
    net = torch_nets.Chain()
    for name, module in torch_nets.layers(text, height, width, channels, classes):
        net.add_module(name, module)
    return net


def start(net):
    """He's bound, on a grid of 1/1024 so that the files compress."""
    with torch.no_grad():
        for name, p in net.named_parameters():
            fan_in = p[0].numel() if p.dim() > 1 else None
            bound = math.sqrt(6 / fan_in) if fan_in else 0.1
            p.copy_(torch.round((torch.rand(p.shape) * 2 - 1) * bound * 1024) / 1024)
            if not fan_in and name.endswith("weight"):
                p.add_(1)


def normalised(images, mean, std, dtype):
    x = (images.astype(dtype) / dtype(255) - mean.astype(dtype)) / std.astype(dtype)
    return torch.from_numpy(x.transpose(0, 3, 1, 2).copy())


def parameters(net, prefix, grad=False):
    """Parameters, and buffers but for those that count batches; or gradients."""
    if grad:
        return {prefix + k: p.grad.detach().numpy().copy() for k, p in net.named_parameters()}
    return {prefix + k: p.detach().numpy().copy() for k, p in net.state_dict().items()
            if not k.endswith("num_batches_tracked")}


def batches(name, images, classes):
    """The images of each step; and the weights of the classes in its loss, or None."""
    if name not in MANY:
        return [list(range(images))] * STEPS, None
    steps = list(epochs_of_batches(*MANY[name]))
    if name != "uneven":
        return steps, None
    count = numpy.bincount(UNEVEN, minlength=classes)
    weight = [images / ((count > 0).sum() * n) if n else 0 for n in count]
    return steps, torch.tensor(weight, dtype=torch.float64)


def run(net_name, begin, images, labels, mean, std, dtype):
    text, classes, height, width, channels, kept, optimisers = NETS[net_name]
    x, y = normalised(images, mean, std, dtype), torch.from_numpy(labels.astype(numpy.int64))
    steps, weight = batches(net_name, len(images), classes)
    result = {}

    def criterion(name=None):
        return torch.nn.CrossEntropyLoss(weight if weight is None else weight.to(x.dtype),
                                         label_smoothing=0.2 if "smooth" in (name or "") else 0)

    def loss_of(net, name, step, batch):
        if not name.startswith("mix"):
            return criterion(name)(net(x[batch]), y[batch])
        generator = counter(0, 13, step, 0)
        share = beta(generator, ALPHA)
        partner = shuffled(generator, list(range(len(batch))))
        out = net(share * x[batch] + (1 - share) * x[batch][partner])
        return (share * criterion(name)(out, y[batch]) +
                (1 - share) * criterion(name)(out, y[batch][partner]))

    def fresh():
        net = build(text, classes, height, width, channels)
        net.load_state_dict(begin)
        return net.double() if dtype == numpy.float64 else net

    net = fresh()
    net.eval()
    for name, value in net.steps(x[:kept]):
        if kept and not name.startswith("flatten"):
            out = value.detach()
            out = out.permute(0, 2, 3, 1) if out.dim() == 4 else out
            result["act." + name] = out.contiguous().numpy().copy()
    result["logits"] = net(x).detach().numpy().copy()
    net.train()
    loss = criterion()(net(x), y)
    loss.backward()
    result["loss"] = loss.detach().numpy().reshape(1).copy()
    result.update(parameters(net, "grad.", grad=True))
    norms = []
    for name in optimisers:
        net = fresh()
        if name == "smooth":
            result["loss.smooth"] = criterion(name)(net(x), y).detach().numpy().reshape(1).copy()
        o = optimiser(name, net.parameters())
        average = copy.deepcopy(net)
        schedule = scheduler(name, o, len(steps))
        for i, batch in enumerate(steps):
            if i:
                schedule.step()
            o.zero_grad()
            loss_of(net, name, i, batch).backward()
            if name == "clip":
                norms.append(float(torch.nn.utils.clip_grad_norm_(net.parameters(), CLIP)))
            o.step()
            follow(average, net, i + 1)
        result.update(parameters(average if name == "average" else net, name + "."))
    if norms:
        print(f"{net_name}\t{sum(norm > CLIP for norm in norms)} of {len(norms)} steps are clipped")
    return result


def report(net, exact, single):
    """How far PyTorch's own float32 run is off, by kind of number."""
    worst = {}
    for key in exact:
        kind = key.split(".")[0]
        largest = abs(exact[key]).max()
        off = abs(exact[key] - single[key])
        old = worst.get(kind, (0, 0, 0))
        worst[kind] = (max(old[0], off.max()), max(old[1], off.max() / largest),
                       max(old[2], math.sqrt((off ** 2).mean())))
    for kind, (most, relative, rms) in worst.items():
        print(f"{net}\t{kind}\tmost {most:.2g}\tof the largest {relative:.2g}\trms {rms:.2g}")


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name, net, height, width, channels, classes in torch_nets.examples():
        NETS["kind-" + name] = net, classes, height, width, channels, 2, ["nesterov"]
    for number, (name, spec) in enumerate(NETS.items()):
        text, classes, height, width, channels = spec[:5]
        torch.manual_seed(number if number < 5 else zlib.crc32(name.encode()))
        net = build(*spec[:5])
        start(net)
        begin = net.state_dict()
        labels = UNEVEN if name == "uneven" else numpy.arange(MANY.get(name, [IMAGES])[0]) * 3 % classes
        labels = numpy.array(labels, numpy.uint32)
        images = pictures(height, width, channels, len(labels))
        values = images.reshape(-1, channels).astype(numpy.float64) / 255
        mean, std = (v.astype(numpy.float32) for v in (values.mean(0), values.std(0)))
        exact = run(name, begin, images, labels, mean, std, numpy.float64)
        report(name, exact, run(name, begin, images, labels, mean, std, numpy.float32))
        write(f"{name}-data.rts.gz", {"image": images, "label": labels})
        model = {"net": text, "input.shape": numpy.array([height, width, channels], numpy.uint64),
                 "input.mean": mean, "input.std": std}
        model.update(parameters(net, ""))
        write(f"{name}-model.rts.gz", model)
        write(f"{name}-torch.rts.gz", {k: v.astype(numpy.float32) for k, v in exact.items()})


if __name__ == "__main__":
    main()

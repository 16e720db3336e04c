#!/usr/bin/env python3
"""Streams that nobody would write by accident: right in every checksum, unreasonable in size.

usage: forge.py KIND    writes the stream to standard output; KIND: a function below
"""
import struct
import sys
import zlib


def header(name, dtype, index, shape, size, crc=0):
    head = struct.pack("<4sIQQ4sI6Q40sI", b"rts1", 0, index, size, dtype, len(shape),
                       *(shape + [0] * (6 - len(shape))), name, crc)
    return head + struct.pack("<I", zlib.crc32(head))


def stream(*records):
    """records: (name, dtype, shape, payload)"""
    out = []
    for index, (name, dtype, shape, payload) in enumerate(records):
        padded = payload + b"\0" * (-len(payload) % 64)
        out.append(header(name, dtype, index, shape, len(payload), zlib.crc32(padded)) + padded)
    return b"".join(out) + header(b"end", b"u1", len(records), [], 0)


def text(name, content):
    return name, b"text", [len(content)], content


def images(n, first_label=0, label_step=1, size=1):
    """n images of size x size and their labels, in chunks of 1024."""
    for at in range(0, n, 1024):
        k = min(1024, n - at)
        labels = [first_label + label_step * (at + i) for i in range(k)]
        yield b"image", b"u1", [k, size, size, 1], bytes(k * size * size)
        yield b"label", b"u4", [k], struct.pack("<%dI" % k, *labels)


def floats(name, shape):
    n = 1
    for d in shape:
        n *= d
    return name, b"f4", shape, bytes(4 * n)


def model(net, side=2, more=()):
    """The head of a model, and whatever else."""
    return stream(text(b"net", net),
                  (b"input.shape", b"u8", [3], struct.pack("<3Q", side, side, 1)),
                  floats(b"input.mean", [1]), (b"input.std", b"f4", [1], struct.pack("<f", 1)),
                  *more)


def promise(name, dtype, *shape):
    """A header that promises this shape, whatever its product, and 1000 bytes."""
    size = {b"u1": 1, b"f4": 4, b"text": 1}[dtype]
    for d in shape:
        size *= d
    return header(name, dtype, 0, list(shape), size % 2**64) + bytes(1000)


MILLION = 1 << 20
NAMES = b"a\n" * (MILLION // 2)

KINDS = {
    # Promises.
    "examples-2-63": lambda: promise(b"image", b"u1", 2**63, 1, 1, 1),
    "examples-2-62": lambda: promise(b"image", b"u1", 2**62, 1, 1, 1),
    "image-2-62": lambda: promise(b"image", b"u1", 1, 2**31, 2**31, 1),
    "overflow": lambda: promise(b"image", b"u1", 2**32, 2**16, 2**16, 1),
    "features-2-60": lambda: promise(b"feature", b"f4", 1, 2**60),
    "labels-2-61": lambda: promise(b"label", b"u1", 2**61),
    "no-values": lambda: stream((b"feature", b"f4", [2**32, 0], b"")),
    "history-gigabyte": lambda: promise(b"history", b"text", 2**30),
    "names-gigabyte": lambda: promise(b"names", b"text", 2**30),
    "net-gigabyte": lambda: promise(b"net", b"text", 2**30),
    "tensor-terabyte": lambda: promise(b"conv1.weight", b"f4", 2**38),
    "wide": lambda: stream(floats(b"feature", [2, MILLION // 4]), (b"label", b"u4", [2], bytes(8))),
    # Many small things.
    "tiny-records": lambda: stream(*([(b"future.%d" % i, b"u1", [1], b"x") for i in range(100000)]),
                                   *images(2)),
    "tiny-chunks": lambda: stream(*[r for i in range(50000) for r in images(1)]),
    "tiny-streams": lambda: stream(*images(2)) * 25000,
    "layers": lambda: model(b"d1", more=[floats(b"dense%d.weight" % i, [1]) for i in range(100000)]),
    # Long texts.
    "names": lambda: stream(text(b"names", NAMES), *images(2)),
    "far-names": lambda: stream(text(b"names", NAMES), *images(100000, MILLION // 2 - 1, -1)),
    "names-too-long": lambda: stream(text(b"names", NAMES + b"a"), *images(2)),
    "tiny-histories": lambda: stream(*[text(name, b"%d" % i) for i in range(50000)
                                       for name in (b"history", b"digest")], *images(2)),
    "history": lambda: stream(text(b"history", b"\n" * MILLION), *images(2)),
    "histories": lambda: stream(*[text(b"history", (b"%d\n" % i) * 8000) for i in range(1000)],
                                *images(2)),
    "net": lambda: model(b"r " * (MILLION // 2)),
    "net-too-long": lambda: model(b"r " * MILLION),
    "frozen": lambda: model(b"d1", more=[
        text(b"frozen", b"dense1\n" * (MILLION // 7)), floats(b"dense1.weight", [1, 4]),
        floats(b"dense1.bias", [1]), floats(b"head.weight", [1, 1]), floats(b"head.bias", [1])]),
    # Records that no model has, in a model.
    "texts": lambda: stream(*[text(b"t%d" % i, bytes(MILLION)) for i in range(100)]),
    "junk": lambda: model(b"d1", more=[floats(b"junk", [25 * MILLION])]),
    "dense-junk": lambda: model(b"d1", more=[floats(b"dense%d.weight.x" % i, [MILLION])
                                             for i in range(25)]),
    # Nets that ask for memory which no bytes of theirs stand for.
    "parameters": lambda: model(b"d4096 " * 7, 2, [floats(b"head.weight", [1, 1])]),
    "activations": lambda: model(b"c9 " * 60 + b"d1", 1000, [floats(b"head.weight", [1, 1])]),
    # Classes.
    "classes": lambda: stream(*images(65536)),
}

sys.stdout.buffer.write(KINDS[sys.argv[1]]())

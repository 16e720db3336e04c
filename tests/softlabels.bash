# Shared by the tests of soft labels: `load softlabels` after `load lib`.
# shellcheck shell=bash

# soften STREAM [FAULT]: the stream with soft labels behind each chunk, of four classes and other ones for
# each of the first 900 examples; FAULT spoils those of example 1: negative, nan, inf, much, little, classes,
# rows, twice, f8, flat, or none: of no classes. `before` puts them in front of the chunk; `certain` makes them what
# the labels say.
soften() {
    python3 - "$@" <<'END_OF_PYTHON'
import struct, sys, zlib

data, at, index, example, out = open(sys.argv[1], "rb").read(), 0, 0, 0, sys.stdout.buffer
fault = sys.argv[2] if len(sys.argv) > 2 else ""
waiting, labels = None, None

def write(dtype, shape, name, payload):
    global index
    padded = payload + b"\0" * (-len(payload) % 64)
    head = struct.pack("<4sIQQ4sI6Q40sI", b"rts1", 0, index, len(payload), dtype, len(shape),
                       *shape, *[0] * (6 - len(shape)), name, zlib.crc32(padded))
    out.write(head + struct.pack("<I", zlib.crc32(head)) + padded)
    index += 1

def row(i, classes):
    if fault == "certain":
        return [float(k == labels[i - example]) for k in range(classes)]
    p = (i % 900 + 1) / 1024
    row = [p, 0.0625, 1 - p - 0.0625] + [0.0] * (classes - 3)
    if i == 1:
        spoilt = {"negative": (0, -p), "nan": (2, float("nan")), "inf": (0, float("inf")),
                  "much": (3, 0.0011), "little": (1, 0.0614), "just": (3, 0.0009)}.get(fault)
        if spoilt:
            row[spoilt[0]] = spoilt[1]
            if fault == "negative":
                row[2] += 2 * p
    return row

def put(n):
    global example
    classes = 5 if fault == "classes" and example else 0 if fault == "none" else 4
    rows = n + (fault == "rows")
    values = [v for i in range(example, example + rows) for v in row(i, classes)][:rows * classes]
    kind, letter = (b"f8", "d") if fault == "f8" else (b"f4", "f")
    shape = [rows * classes] if fault == "flat" else [rows, classes]
    for _ in range(2 if fault == "twice" else 1):
        write(kind, shape, b"soft", struct.pack("<%d%s" % (len(values), letter), *values))
    example += n

while at < len(data):
    _, _, _, size, dtype, ndim, *shape = struct.unpack("<4sIQQ4sI6Q", data[at:at + 80])
    name, payload = data[at + 80:at + 120].rstrip(b"\0"), data[at + 128:at + 128 + size]
    chunk = name in (b"image", b"feature")
    if waiting is not None and name not in (b"label", b"file"):
        put(waiting)
        waiting = None
    if name == b"label":
        labels = struct.unpack("<%dI" % (size // 4), payload)
    if chunk and fault == "before":
        put(shape[0])
    elif chunk:
        waiting = shape[0]
    write(dtype, shape[:ndim], name, payload)
    if name == b"end":
        index = 0
    at += 128 + (size + 63) // 64 * 64
END_OF_PYTHON
}

# pairs STREAM: a line for each example: its label and soft label, and its bytes; - for what is not there.
# With a second argument without the bytes.
pairs() {
    python3 - "$@" <<'END_OF_PYTHON'
import struct, sys

data, at, chunks = open(sys.argv[1], "rb").read(), 0, []
while at < len(data):
    _, _, _, size, _, ndim, *shape = struct.unpack("<4sIQQ4sI6Q", data[at:at + 80])
    name, payload = data[at + 80:at + 120].rstrip(b"\0").decode(), data[at + 128:at + 128 + size]
    if name in ("image", "feature"):
        chunks.append({"bytes": payload, "n": shape[0]})
    if name in ("label", "soft"):
        assert shape[0] == chunks[-1]["n"] and name not in chunks[-1]
        chunks[-1][name] = struct.unpack("<%d%s" % (size // 4, "I" if name == "label" else "f"), payload)
    at += 128 + (size + 63) // 64 * 64
for c in chunks:
    for i in range(c["n"]):
        size = len(c["bytes"]) // c["n"]
        label = c["label"][i] if "label" in c else "-"
        classes = len(c["soft"]) // c["n"] if "soft" in c else 0
        soft = ",".join("%.9g" % v for v in c["soft"][i * classes:(i + 1) * classes]) if classes else "-"
        print(label, soft, *([] if len(sys.argv) > 2 else [c["bytes"][i * size:(i + 1) * size].hex()]))
END_OF_PYTHON
}

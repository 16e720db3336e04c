# Shared by the tests of what names of files become: `load filenames` after `load lib`.
# shellcheck shell=bash

# name_files STREAM [LINES]: the stream with the names of files behind each chunk: the lines of the
# file LINES, or a/0.png, a/1.png and so on.
name_files() {
    python3 - "$@" <<'END_OF_PYTHON'
import struct, sys, zlib

data, at, index, example = open(sys.argv[1], "rb").read(), 0, 0, 0
lines = open(sys.argv[2], "rb").read().split(b"\n")[:-1] if len(sys.argv) > 2 else None
out, waiting = sys.stdout.buffer, 0

def write(dtype, shape, name, payload):
    global index
    padded = payload + b"\0" * (-len(payload) % 64)
    head = struct.pack("<4sIQQ4sI6Q40sI", b"rts1", 0, index, len(payload), dtype, len(shape),
                       *shape, *[0] * (6 - len(shape)), name, zlib.crc32(padded))
    out.write(head + struct.pack("<I", zlib.crc32(head)) + padded)
    index += 1

def names():
    global waiting, example
    if waiting:
        some = [lines[i] if lines else b"a/%d.png" % i for i in range(example, example + waiting)]
        text = b"".join(line + b"\n" for line in some)
        write(b"text", [len(text)], b"file", text)
        example += waiting
        waiting = 0

while at < len(data):
    _, _, _, size, dtype, ndim, *shape = struct.unpack("<4sIQQ4sI6Q", data[at:at + 80])
    name = data[at + 80:at + 120].rstrip(b"\0")
    if name != b"label":
        names()
    write(dtype, shape[:ndim], name, data[at + 128:at + 128 + size])
    if name in (b"image", b"feature"):
        waiting = shape[0]
    if name == b"end":
        index = 0
    at += 128 + (size + 63) // 64 * 64
END_OF_PYTHON
}

#!/usr/bin/env python3
"""What img2rts does, done with torchvision and with Pillow.

    pictures_peer.py make FOLDER N     N photographs of 1000 x 750 pixels, JPEG files of about 200 KB
    pictures_peer.py folder FOLDER     reads the images of class folders: ImageFolder, a DataLoader
                                       with two workers, batches of 256 images as uint8 tensors
    pictures_peer.py shrink FOLDER     every photograph to 64 x 64 colour pixels: Pillow's draft
                                       mode, cut to a square, resized, in two processes
    pictures_peer.py whole FOLDER      the same without draft mode, by Lanczos' filter
    pictures_peer.py differ FOLDER IDX the mean difference, in grey levels, of 64 x 64 images to what
                                       Pillow makes of whole photographs by Lanczos' filter and by
                                       means over boxes; and of its own draft mode to the same

`folder`, `shrink` and `whole` print `seconds S`, of the loop alone: the start of Python and its
imports are not in it. The photographs of `make` are the same each time.
"""
import multiprocessing
import os
import sys
import time

WORKERS = 2
WIDTH, HEIGHT, SIDE = 1000, 750, 64


def field(rng, np, height, width):
    """Noise with the spectrum of photographs: amplitude falls as frequency to the power of -1.4."""
    fy = np.fft.fftfreq(height)[:, None]
    fx = np.fft.rfftfreq(width)[None, :]
    amplitude = np.maximum(np.hypot(fy, fx), 1 / width) ** -1.4
    phase = np.exp(2j * np.pi * rng.random((height, width // 2 + 1)))
    plane = np.fft.irfft2(amplitude * phase, s=(height, width))
    return (plane / plane.std()).astype(np.float32)


def make(folder, n):
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(1)
    height, width = 2 * HEIGHT, 2 * WIDTH
    planes = [field(rng, np, height, width) for _ in range(4)]
    grain = rng.standard_normal((height, width)).astype(np.float32)
    os.makedirs(os.path.join(folder, "all"), exist_ok=True)
    for i in range(n):
        def cut(plane):
            y, x = rng.integers(height - HEIGHT), rng.integers(width - WIDTH)
            return plane[y : y + HEIGHT, x : x + WIDTH]

        light = 128 + 50 * cut(planes[0]) + 2 * cut(grain)
        pixels = np.stack([light + 15 * cut(planes[1 + c]) for c in range(3)], axis=-1)
        image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        image.save(os.path.join(folder, "all", f"{i:05d}.jpg"), quality=90)


def read_folder(folder):
    import torch
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import PILToTensor

    data = ImageFolder(folder, transform=PILToTensor())
    loader = torch.utils.data.DataLoader(data, batch_size=256, num_workers=WORKERS)
    started, n = time.perf_counter(), 0
    for images, labels in loader:
        n += len(images)
    assert n == len(data)
    return time.perf_counter() - started


def fitted(path, draft, how):
    """The photograph at path, cut to a square, as SIDE x SIDE pixels."""
    from PIL import Image, ImageOps

    with Image.open(path) as image:
        if draft:
            image.draft("RGB", (SIDE, SIDE))
        return ImageOps.fit(image.convert("RGB"), (SIDE, SIDE), how)


def shrink_one(path):
    from PIL import Image

    return fitted(path, True, Image.BICUBIC).tobytes()


def whole_one(path):
    from PIL import Image

    return fitted(path, False, Image.LANCZOS).tobytes()


def photographs(folder):
    folder = os.path.join(folder, "all")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]


def shrink(folder, one):
    paths = photographs(folder)
    with multiprocessing.Pool(WORKERS) as pool:
        pool.map(one, paths[:WORKERS])  # both have imported what they need
        started = time.perf_counter()
        size = sum(len(pixels) for pixels in pool.imap(one, paths, chunksize=16))
    assert size == len(paths) * SIDE * SIDE * 3
    return time.perf_counter() - started


def differ(folder, idx):
    import numpy as np
    from PIL import Image

    paths = photographs(folder)
    with open(idx, "rb") as f:
        ours = np.frombuffer(f.read()[20:], np.uint8).reshape(len(paths), SIDE, SIDE, 3)
    for name, how in ("Lanczos", Image.LANCZOS), ("box", Image.BOX):
        rows = []
        for path, mine in zip(paths, ours):
            want = np.asarray(fitted(path, False, how)).astype(int)
            draft = np.asarray(fitted(path, True, Image.BICUBIC)).astype(int)
            rows.append((np.abs(mine - want).mean(), np.abs(draft - want).mean()))
        print(name, "%.2f %.2f" % tuple(np.mean(rows, axis=0)))


if __name__ == "__main__":
    what, folder = sys.argv[1:3]
    if what == "make":
        make(folder, int(sys.argv[3]))
    elif what == "differ":
        differ(folder, sys.argv[3])
    elif what == "folder":
        print("seconds", read_folder(folder))
    else:
        print("seconds", shrink(folder, {"shrink": shrink_one, "whole": whole_one}[what]))

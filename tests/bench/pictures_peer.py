#!/usr/bin/env python3
"""What img2rts does, done with torchvision and with Pillow.

    pictures_peer.py make FOLDER N     N photographs of 1000 x 750 pixels, JPEG files of about 200 KB
    pictures_peer.py folder FOLDER     reads the images of class folders: ImageFolder, a DataLoader
                                       with two workers, batches of 256 images as uint8 tensors
    pictures_peer.py shrink FOLDER     every photograph to 64 x 64 colour pixels: Pillow's draft
                                       mode, cut to a square, resized, in two processes

`folder` and `shrink` print `seconds S`, of the loop alone: the start of Python and its imports are
not in it. The photographs of `make` are the same each time.
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


def shrink_one(path):
    from PIL import Image, ImageOps

    with Image.open(path) as image:
        image.draft("RGB", (SIDE, SIDE))
        return ImageOps.fit(image.convert("RGB"), (SIDE, SIDE), Image.BICUBIC).tobytes()


def shrink(folder):
    paths = [os.path.join(folder, "all", name) for name in sorted(os.listdir(os.path.join(folder, "all")))]
    with multiprocessing.Pool(WORKERS) as pool:
        pool.map(shrink_one, paths[:WORKERS])  # both have imported what they need
        started = time.perf_counter()
        size = sum(len(pixels) for pixels in pool.imap(shrink_one, paths, chunksize=16))
    assert size == len(paths) * SIDE * SIDE * 3
    return time.perf_counter() - started


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]))
    else:
        print("seconds", {"folder": read_folder, "shrink": shrink}[sys.argv[1]](sys.argv[2]))

"""What umap-learn and scikit-learn make of a stream's features; for tests/bench/layouts.

layout DATA OUT SEED     umap-learn's layout, to a .npy file; SEED "none": in parallel, unseeded
trust DATA LAYOUT...     scikit-learn's trustworthiness (k = 15) of each; .npy or a stream
neighbours TRAIN TEST K  seconds of scikit-learn's brute force, and the vote's accuracy
"""
import struct
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")


def records(path):
    with open(path, "rb") as file:
        while head := file.read(128):
            size, dtype, ndim, *shape, name = struct.unpack("<16xQ4sI6Q40s8x", head)
            payload = file.read(size + -size % 64)[:size]
            yield name.rstrip(b"\0").decode(), dtype.rstrip(b"\0").decode(), shape[:ndim], payload


def load(path):
    if path.endswith(".npy"):
        return np.load(path), None
    examples, labels = [], []
    for name, dtype, shape, payload in records(path):
        if name in ("feature", "image"):
            examples.append(np.frombuffer(payload, dtype).reshape(shape[0], -1))
        elif name == "label":
            labels.append(np.frombuffer(payload, dtype))
    return np.concatenate(examples).astype(np.float32), np.concatenate(labels)


def layout(data, out, seed):
    x, _ = load(data)
    import umap

    np.save(out, umap.UMAP(random_state=None if seed == "none" else int(seed)).fit_transform(x))


def trust(data, *layouts):
    from sklearn.manifold import trustworthiness

    x, _ = load(data)
    for path in layouts:
        print(f"{trustworthiness(x, load(path)[0], n_neighbors=15):.5f}")


def neighbours(train, test, k):
    from sklearn.neighbors import KNeighborsClassifier

    x, labels = load(train)
    y, truth = load(test)
    started = time.time()
    found = KNeighborsClassifier(int(k), algorithm="brute", n_jobs=-1).fit(x, labels).predict(y)
    print(f"{time.time() - started:.3f} {(found == truth).mean():.4f}")


globals()[sys.argv[1]](*sys.argv[2:])

"""The libraries of the course work in a sandbox, every one of them warm."""

from __future__ import annotations

import pytest

PRELOAD = ("numpy", "torch", "tensorflow", "keras", "matplotlib.pyplot", "sklearn.datasets")


@pytest.fixture
def inside(sandbox, level):
    return sandbox(level, preload=PRELOAD, memory_mb=3000, processes=128)


def test_frameworks_compute(inside) -> None:
    assert inside.run("""
import sys
result = [name in sys.modules for name in ("torch", "tensorflow", "keras")]
""") == [True, True, True]
    assert inside.run("""
import torch
layer = torch.nn.Linear(100, 100)
loss = layer(torch.ones(16, 100)).square().mean()
loss.backward()
data = torch.utils.data.TensorDataset(torch.arange(8.0))
result = [tuple(layer.weight.grad.shape), len(list(torch.utils.data.DataLoader(data, batch_size=4)))]
""") == [[100, 100], 2]
    assert inside.run("""
import keras, numpy as np, tensorflow as tf
model = keras.Sequential([keras.layers.Dense(3)])
model.compile(loss="mse")
history = model.fit(np.ones((8, 3)), np.ones((8, 3)), verbose=0)
model.save("model.keras")
with tf.GradientTape() as tape:
    x = tf.Variable(3.0)
    y = x * x
loaded = keras.models.load_model("model.keras")
result = [len(history.history["loss"]), float(tape.gradient(y, x)), loaded.count_params()]
""") == [1, 6.0, 12]


def test_scientific_libraries_work(inside) -> None:
    assert inside.run("""
import matplotlib.pyplot as plt, numpy as np, os
import scipy.optimize, sklearn.linear_model
from sklearn.datasets import load_digits
from PIL import Image
plt.plot([1, 2])
plt.savefig("plot.png")
with Image.open("plot.png") as image:
    wide = image.width
fitted = sklearn.linear_model.LinearRegression().fit([[1], [2]], [1, 2])
found = scipy.optimize.minimize(lambda x: (x - 2) ** 2, 0.0)
np.savez("arrays.npz", a=np.arange(3))
with np.load("arrays.npz") as arrays:
    total = int(arrays["a"].sum())
result = [wide, round(float(fitted.coef_[0]), 6), round(float(found.x[0]), 3), load_digits().data.shape[0], total]
""") == [640, 1.0, 2.0, 1797, 3]


def test_programs_and_threads_work(inside) -> None:
    assert inside.run("""
import os, subprocess, sys
from concurrent.futures import ThreadPoolExecutor
command = [sys.executable, "-c", "import numpy; print(numpy.__version__)"]
version = subprocess.run(command, capture_output=True, text=True)
assert version.returncode == 0, version.stderr
shell = subprocess.run("echo $HOME | tr a-z A-Z", shell=True, capture_output=True, text=True).stdout
with ThreadPoolExecutor(4) as threads:
    result = [bool(version.stdout), shell.strip() == os.environ["HOME"].upper(), list(threads.map(abs, [-3]))]
""") == [True, True, [3]]


def test_pools_of_processes_work(sandbox) -> None:
    assert sandbox().run("""
import multiprocessing
with multiprocessing.get_context("fork").Pool(2) as pool:
    result = pool.map(abs, [1, -2])
""") == [1, 2]

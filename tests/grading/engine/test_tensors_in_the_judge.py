"""Tensors and models of the frameworks in the judge."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
QUIET = {
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}


def python(*arguments: str) -> str:
    """What a fresh interpreter prints: this one may have computed with a framework, and must not be
    forked."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=os.environ | QUIET, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


TORCH = """
import torch
from tests.grading.engine.pairs import Pair

student = '''
import torch
class Loud(torch.Tensor):
    @classmethod
    def __torch_function__(cls, *args, **kwargs): raise RuntimeError("called")
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)
    def forward(self, x): return self.layer(x)
def same(x): return x
def loud(x): return torch.Tensor._make_subclass(Loud, x)
def scale_(x): x.mul_(2)
def slope(x):
    x = x.clone().requires_grad_()
    (x ** 2).sum().backward()
    return x.grad
def is_leaf(w): return isinstance(w, torch.nn.Parameter) and w.requires_grad and w.is_leaf
def dtype_of(x, dtype): return x.to(dtype)
'''
test = '''
import numpy as np, torch
for name in ("float32", "float64", "float16", "bfloat16", "int64", "int8", "bool", "complex64"):
    for shape in ((), (0, 2), (2, 3)):
        x = torch.ones(shape).to(getattr(torch, name))
        y = same(x.T if x.ndim == 2 else x)
        assert type(y) is torch.Tensor and y.dtype == x.dtype
        y = dtype_of(x, x.dtype)
        assert torch.equal(x, y) and x.shape == y.shape and not y.requires_grad
x = torch.arange(3.0)
assert type(loud(x)) is torch.Tensor and torch.equal(loud(x), x)
scale_(x)
assert torch.equal(x, torch.tensor([0.0, 2.0, 4.0])) and torch.equal(slope(x), 2 * x)
assert is_leaf(torch.nn.Parameter(x)) and not is_leaf(x)
net = Net()
assert isinstance(net, torch.nn.Module) and issubclass(Net, torch.nn.Module) and not isinstance(net, torch.nn.Linear)
assert isinstance(net.layer, torch.nn.Linear) and net.layer.weight.shape == (1, 2)
assert isinstance(net.layer.weight, torch.nn.Parameter) and sum(p.numel() for p in net.parameters()) == 3
x = torch.ones(4, 2)
assert torch.allclose(net(x), x @ net.layer.weight.detach().T + net.layer.bias.detach())
torch.manual_seed(5); first = Net()
torch.manual_seed(5); assert torch.equal(first.layer.weight, Net().layer.weight)
'''
with Pair(student) as pair:
    print(pair.ask(test)["evalue"])
    print(pair.ask("net = torch.nn.Linear(2, 1)\\nsame(net)")["evalue"])
"""

KERAS = """
import keras, tensorflow
from tests.grading.engine.pairs import Pair

student = '''
import keras, tensorflow as tf
def same(x): return x
def constant(): return tf.constant([[1.0, 2.0]])
def variables(): return [tf.Variable([1, 2]), keras.Variable([0.5], dtype="float32")]
def half(): return tf.cast(tf.constant([1.5]), tf.bfloat16)
def build():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    return model
'''
test = '''
import numpy as np, keras, tensorflow as tf
c = constant()
assert isinstance(c, tf.Tensor) and c.dtype == tf.float32 and c.shape == (1, 2) and np.array_equal(c, [[1, 2]])
a, b = variables()
assert isinstance(a, tf.Variable) and a.dtype == tf.int32 and isinstance(b, keras.Variable) and float(b[0]) == 0.5
assert half().dtype == tf.bfloat16 and np.array_equal(same(c), c)
model = build()
assert isinstance(model, keras.Model) and isinstance(model.layers[0], keras.layers.Dense)
assert [tuple(w.shape) for w in model.get_weights()] == [(2, 3), (3,)] and model.count_params() == 9
y = model(np.ones((4, 2), "float32"))
assert y.shape == (4, 3) and np.allclose(y, np.ones((4, 2)) @ model.get_weights()[0], atol=1e-5)
assert model.predict(np.ones((4, 2)), verbose=0).shape == (4, 3)
'''
with Pair(student) as pair:
    print(pair.ask(test)["evalue"])
    print(pair.ask("same(keras.Sequential())")["evalue"])
"""


@pytest.mark.parametrize(
    ("script", "kind"), [(TORCH, "Linear"), (KERAS, "Sequential")], ids=["torch", "keras"]
)
def test_tensors_cross_and_models_are_remote(script: str, kind: str) -> None:
    passed, refused = python("-c", script).splitlines()
    assert passed == ""
    assert refused.startswith(f"a {kind} object does not cross into the student's kernel")

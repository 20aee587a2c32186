"""Runs models by tq and by onnxruntime on the same inputs, in float, and compares top-1 and outputs.

    compare_onnxruntime.py TQ LENET LIGHT WORK     LIGHT: folder of ONNX's light networks, or empty

The light networks' weights are constants, which hides mistakes: they also run with random weights. An output may differ by
1e-4 of the largest magnitude of its image's outputs. Called by scripts/compare-onnxruntime.
"""

import glob
import gzip
import json
import os
import subprocess
import sys

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper

onnxruntime.set_default_logger_severity(3)
RELATIVE = 1e-4
IMAGES = 4
FASHION = os.environ.get("TQ_FASHION_MNIST", "/usr/share/datasets/fashion-mnist") + "/t10k-images-idx3-ubyte.gz"


def constant_shapes(graph):
    """Outputs of ConstantOfShape nodes with their shapes."""
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    return {node.output[0]: known[node.input[0]] for node in graph.node if node.op_type == "ConstantOfShape"}


def random_weight(name, shape, graph, random):
    """Numbers that keep a network's activations of about one size."""
    if len(shape) > 1:
        return random.normal(0, numpy.sqrt(2 / numpy.prod(shape[1:])), shape)
    for node in graph.node:
        if name in node.input:
            place = list(node.input).index(name)
            positive = node.op_type == "Unsqueeze" or (node.op_type == "BatchNormalization" and place in (1, 4))
            return random.uniform(0.5, 1.5, shape) if positive else random.normal(0, 0.1, shape)
    return random.normal(0, 0.1, shape)


def randomize(model, random):
    """Replaces constants by random weights, and leaves out a softmax at the end."""
    graph = model.graph
    shapes = constant_shapes(graph)
    for name, shape in shapes.items():
        values = random_weight(name, tuple(shape), graph, random).astype(numpy.float32)
        graph.initializer.append(numpy_helper.from_array(values, name))
    kept = [node for node in graph.node if node.op_type != "ConstantOfShape"]
    del graph.node[:]
    graph.node.extend(kept)
    model.ir_version = 8
    last = graph.node[-1]
    if last.op_type == "Softmax":  # it would hide differences: nearly all outputs become 0
        graph.output[0].name = last.input[0]
        graph.node.pop()


def by_onnxruntime(path, images):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return numpy.concatenate([session.run(None, {name: image[None]})[0].reshape(1, -1) for image in images])


def by_tq(tq, path, images, work):
    numpy.save(work + "/x.npy", images)
    command = [tq, "run", path, "--data", f"npy:{work}/x.npy", "--out", work + "/y.npy", "--batch", str(IMAGES), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    json.loads(done.stdout)
    return numpy.load(work + "/y.npy").reshape(len(images), -1)


def compare(name, tq, path, images, work):
    """Prints a line; whether the outputs agree."""
    try:
        ours = by_tq(tq, path, images, work)
    except RuntimeError as fault:
        print(f"{name:32} FAILED: {str(fault)[:300]}")
        return False
    theirs = by_onnxruntime(path, images)
    largest = numpy.abs(theirs).max(axis=1, keepdims=True)
    error = float((numpy.abs(ours - theirs) / largest).max())
    top = ours.argmax(axis=1)
    # Where several outputs are highest, rounding decides which is the first: ours must be one of them.
    behind = theirs.max(axis=1, keepdims=True) - numpy.take_along_axis(theirs, top[:, None], 1)
    same = int((top == theirs.argmax(axis=1)).sum())
    good = bool(numpy.isfinite(theirs).all()) and error <= RELATIVE and bool((behind <= RELATIVE * largest).all())
    print(f"{name:35} {len(images):5} images, {same} of the same top-1, largest error {error:.1e}, outputs up to "
          f"{float(largest.max()):.2g}{'' if good else '  FAILED'}", flush=True)
    return good


def fashion_mnist():
    with gzip.open(FASHION) as file:
        data = numpy.frombuffer(file.read(), numpy.uint8, offset=16)
    return (data.reshape(-1, 1, 28, 28)[:1000] / numpy.float32(255)).astype(numpy.float32)


def light_networks(tq, light, work):
    good = True
    for path in sorted(glob.glob(light + "/*.onnx")):
        name = os.path.basename(path)[:-5]
        model = onnx.load(path)
        random = numpy.random.default_rng(1)
        images = random.uniform(0, 1, (IMAGES, 3, 224, 224)).astype(numpy.float32)
        good &= compare(name, tq, path, images, work)
        randomize(model, random)
        changed = work + "/random.onnx"
        onnx.save(model, changed)
        good &= compare(name + ", random weights", tq, changed, images, work)
        os.remove(changed)
    return good


def main():
    tq, lenet, light, work = sys.argv[1:]
    os.makedirs(work, exist_ok=True)
    good = True
    if os.path.exists(FASHION):
        good &= compare("LeNet", tq, lenet, fashion_mnist(), work)
    else:
        print(f"LeNet: skipped, {FASHION} is missing")
    if light:
        good &= light_networks(tq, light, work)
    else:
        print("light networks: skipped, the wheel of ONNX cannot be had")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

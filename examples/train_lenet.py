#!/usr/bin/python3
"""Trains the demo's LeNet on Fashion-MNIST and writes examples/lenet-fashion-mnist.onnx.

Needs Debian's packages python3-torch, python3-onnx and dataset-fashion-mnist. Command of the file in the repository:

    /usr/bin/python3 examples/train_lenet.py --epochs 40

Network: 20 and 50 maps of 5x5 without padding, each followed by relu and 2x2 max pooling; 500 and 10 outputs. Inputs are
pixel/255. Seed 1; runs repeat bit for bit only with the same packages and number of threads. The accuracy it prints
last is measured from the written file, by other code than the training's: the file in the repository has 92.52 % top-1
over the 10,000 test images.
"""

import argparse
import gzip
import os

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional

DATA = "/usr/share/datasets/fashion-mnist"
SEED = 1


def read_idx(name):
    with gzip.open(os.path.join(DATA, name)) as file:
        data = file.read()
    rank = data[3]
    shape = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_set(prefix):
    images = read_idx(prefix + "-images-idx3-ubyte.gz").astype(np.float32) / np.float32(255)
    return torch.from_numpy(images[:, None]), torch.from_numpy(read_idx(prefix + "-labels-idx1-ubyte.gz").astype(np.int64))


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 20, 5)
        self.conv2 = nn.Conv2d(20, 50, 5)
        self.fc1 = nn.Linear(800, 500)
        self.fc2 = nn.Linear(500, 10)
        self.dropout = nn.Dropout(0.4)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
        x = self.dropout(functional.relu(self.fc1(x.flatten(1))))
        return self.fc2(x)


def accuracy(network, images, labels):
    network.eval()
    with torch.no_grad():
        hits = sum((network(images[i:i + 1000]).argmax(1) == labels[i:i + 1000]).sum().item()
                   for i in range(0, len(images), 1000))
    network.train()
    return hits / len(images)


def augment(images):
    """Half of the images are mirrored; all are moved by up to two pixels."""
    mirrored = torch.rand(len(images)) < 0.5
    images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
    padded = functional.pad(images, (2, 2, 2, 2))
    row, column = torch.randint(0, 5, (2,)).tolist()
    return padded[:, :, row:row + 28, column:column + 28]


def train(epochs):
    torch.manual_seed(SEED)
    images, labels = read_set("train")
    test_images, test_labels = read_set("t10k")
    network = LeNet()
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=2e-2)
    steps = epochs * (len(images) // 128)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps + 1)
    for epoch in range(epochs):
        for batch in torch.randperm(len(images))[:len(images) // 128 * 128].reshape(-1, 128):
            loss = functional.cross_entropy(network(augment(images[batch])), labels[batch], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1}: top-1 {accuracy(network, test_images, test_labels):.4f}", flush=True)
    return network


def weights_of(network):
    return [numpy_helper.from_array(parameter.detach().numpy(), name) for name, parameter in network.named_parameters()]


def write_onnx(network, path):
    node = helper.make_node
    nodes = [
        node("Conv", ["image", "conv1.weight", "conv1.bias"], ["c1"], "conv1", kernel_shape=[5, 5]),
        node("Relu", ["c1"], ["r1"], "relu1"),
        node("MaxPool", ["r1"], ["p1"], "pool1", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["p1", "conv2.weight", "conv2.bias"], ["c2"], "conv2", kernel_shape=[5, 5]),
        node("Relu", ["c2"], ["r2"], "relu2"),
        node("MaxPool", ["r2"], ["p2"], "pool2", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["p2"], ["f"], "flatten", axis=1),
        node("Gemm", ["f", "fc1.weight", "fc1.bias"], ["d1"], "fc1", transB=1),
        node("Relu", ["d1"], ["r3"], "relu3"),
        node("Gemm", ["r3", "fc2.weight", "fc2.bias"], ["logits"], "fc2", transB=1),
    ]
    graph = helper.make_graph(
        nodes, "lenet-fashion-mnist",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 28, 28])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])], weights_of(network))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="train_lenet.py")
    model.ir_version = 7
    onnx.checker.check_model(model)
    onnx.save(model, path)


def run_file(path, images):
    """The written file's outputs, by NumPy alone."""
    w = {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}

    def convolve(x, name):
        windows = np.lib.stride_tricks.sliding_window_view(x, (5, 5), (2, 3))
        y = np.einsum("nchwij,ocij->nohw", windows, w[name + ".weight"], optimize=True) + w[name + ".bias"][:, None, None]
        y = np.maximum(y, 0)
        n, c, h, v = y.shape
        return y.reshape(n, c, h // 2, 2, v // 2, 2).max((3, 5))

    x = convolve(convolve(images, "conv1"), "conv2").reshape(len(images), -1)
    x = np.maximum(x @ w["fc1.weight"].T + w["fc1.bias"], 0)
    return x @ w["fc2.weight"].T + w["fc2.bias"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                                      "lenet-fashion-mnist.onnx"))
    arguments = parser.parse_args()
    network = train(arguments.epochs)
    write_onnx(network, arguments.out)
    images, labels = (t.numpy() for t in read_set("t10k"))
    outputs = np.concatenate([run_file(arguments.out, images[i:i + 500]) for i in range(0, len(images), 500)])
    print(f"{arguments.out}: top-1 {(outputs.argmax(1) == labels).mean():.4f}, "
          f"{os.path.getsize(arguments.out)} bytes, largest output {np.abs(outputs).max():.1f}")


if __name__ == "__main__":
    main()

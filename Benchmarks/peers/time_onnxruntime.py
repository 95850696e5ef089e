#!/usr/bin/env python3
"""Computes vectors of all-MiniLM-L6-v2 with onnxruntime in float32 on one thread, and says how long each took.

`OnnxruntimePeer` starts it and writes one JSON object a line; each line is answered by one of the same kind.

    {"load": {"weights": PATH}}                {"facts": [...]}
    {"vector": {"ids": [...]}}                 {"vector": [...]}
    {"time": {"ids": [...], "calls": N}}       {"milliseconds": [...]}

The graph is written here from the weights that the program itself uses, with the fused operators that onnxruntime has
for transformers on a processor (EmbedLayerNormalization, Attention, SkipLayerNormalization, BiasGelu): what its own
optimiser makes of such a model. One text a call and no padding. A time is that of `run` alone, without tokenising.
"""

import json
import os
import platform
import sys
from time import perf_counter

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

LAYERS = 6
HEADS = 12
EPSILON = 1e-12


def tensors(path):
    """The float32 tensors of a safetensors file."""
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + int.from_bytes(data[:8], "little")
    found = {}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = (start + offset for offset in entry["data_offsets"])
            found[name] = np.frombuffer(data[begin:end], dtype="<f4").reshape(entry["shape"])
    return found


class GraphWriter:
    """Nodes and weights of the graph, in the order in which they are added."""

    def __init__(self, weights):
        self.weights = weights
        self.constants, self.nodes = [], []

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def weight(self, name):
        return self.constant(name, self.weights[name])

    def matrix(self, *names):
        """Weights as inputs x outputs, of several layers side by side."""
        return self.constant("+".join(names), np.concatenate([self.weights[f"{name}.weight"].T for name in names], 1))

    def bias(self, *names):
        parts = [self.weights[f"{name}.bias"] for name in names]
        return self.constant("+".join(names) + " bias", np.concatenate(parts))

    def norm(self, name):
        return [self.weight(f"{name}.weight"), self.weight(f"{name}.bias")]

    def node(self, operator, inputs, outputs, domain="com.microsoft", **attributes):
        self.nodes.append(helper.make_node(operator, inputs, outputs, domain=domain, **attributes))
        return outputs[0]

    def layer(self, number, hidden):
        prefix = f"encoder.layer.{number}."
        parts = [f"{prefix}attention.self.{part}" for part in ("query", "key", "value")]
        context = self.node(
            "Attention", [hidden, self.matrix(*parts), self.bias(*parts)], [f"context {number}"], num_heads=HEADS
        )
        side = self.block(f"{prefix}attention.output", context, hidden)
        name = f"{prefix}intermediate.dense"
        wide = self.node("MatMul", [side, self.matrix(name)], [f"wide {number}"], domain="")
        wide = self.node("BiasGelu", [wide, self.bias(name)], [f"gelu {number}"])
        return self.block(f"{prefix}output", wide, side)

    def block(self, name, values, residual):
        product = self.node("MatMul", [values, self.matrix(f"{name}.dense")], [f"{name} product"], domain="")
        inputs = [product, residual, *self.norm(f"{name}.LayerNorm"), self.bias(f"{name}.dense")]
        return self.node("SkipLayerNormalization", inputs, [f"{name} sum"], epsilon=EPSILON)

    def model(self):
        tables = [self.weight(f"embeddings.{table}_embeddings.weight") for table in ("word", "position", "token_type")]
        hidden = self.node(
            "EmbedLayerNormalization",
            ["ids", "types", *tables, *self.norm("embeddings.LayerNorm")],
            ["embeddings", "mask"],
            epsilon=EPSILON,
        )
        for number in range(LAYERS):
            hidden = self.layer(number, hidden)
        axes = self.constant("axes", np.array([1], np.int64))
        mean = self.node("ReduceMean", [hidden, axes], ["mean"], domain="", keepdims=0)
        self.node("LpNormalization", [mean], ["vector"], domain="", axis=1, p=2)
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT32, ["texts", "tokens"]) for name in ("ids", "types")
        ]
        outputs = [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["texts", 384])]
        graph = helper.make_graph(self.nodes, "encoder", inputs, outputs, self.constants)
        versions = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=versions, ir_version=9)


class Encoder:
    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        model = GraphWriter(tensors(path)).model().SerializeToString()
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    @staticmethod
    def inputs(ids):
        ids = np.array([ids], np.int32)
        return {"ids": ids, "types": np.zeros_like(ids)}

    def vector(self, ids):
        return self.session.run(None, self.inputs(ids))[0][0].tolist()

    def time(self, ids, calls):
        inputs, times = self.inputs(ids), []
        for _ in range(calls):
            start = perf_counter()
            self.session.run(None, inputs)
            times.append((perf_counter() - start) * 1000)
        return times


def main():
    encoder = None
    for line in sys.stdin:
        ((request, values),) = json.loads(line).items()
        if request == "load":
            encoder = Encoder(values["weights"])
            reply = {
                "facts": [
                    f"onnxruntime {onnxruntime.__version__}, graph by onnx {onnx.__version__}, "
                    f"Python {platform.python_version()}"
                ]
            }
        elif request == "vector":
            reply = {"vector": encoder.vector(**values)}
        elif request == "time":
            reply = {"milliseconds": encoder.time(**values)}
        else:
            raise SystemExit(f"time_onnxruntime: unknown request {request!r}")
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()

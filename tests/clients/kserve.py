"""Ask with KServe's own client: kserve.py URL TOKEN, {"names", "rows"} on stdin; prints what it got."""

import asyncio
import json
import sys

# this file has the name of the package
sys.path.pop(0)
import numpy as np  # noqa: E402
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig  # noqa: E402


async def main(url, token, names, rows):
    headers = {"Authorization": f"Bearer {token}"}
    one = InferenceRESTClient(RESTConfig(protocol="v1", timeout=60))
    two = InferenceRESTClient(RESTConfig(protocol="v2", timeout=60))
    first = await one.infer(url, {"instances": rows}, model_name="model", headers=headers)
    inputs, packed = [], []
    for name, column in zip(names, zip(*rows, strict=True), strict=True):
        datatype = "BYTES" if isinstance(column[0], str) else "INT64"
        inputs.append(InferInput(name=name, shape=[len(rows), 1], datatype=datatype, data=list(column)))
        values = np.array(column, dtype=np.object_ if datatype == "BYTES" else np.int64).reshape(-1, 1)
        packed.append(InferInput(name=name, shape=[len(rows), 1], datatype=datatype))
        packed[-1].set_data_from_numpy(values)
    second = await two.infer(
        url, InferRequest(model_name="model", infer_inputs=inputs), model_name="model", headers=headers
    )
    third = await two.infer(
        url, InferRequest(model_name="model", infer_inputs=packed), model_name="model", headers=headers
    )
    ready = await two.is_server_ready(url) and await two.is_model_ready(url, "model")
    predictions = next(output.data for output in second.outputs if output.name == "predict")
    binary = next(output.data for output in third.outputs if output.name == "predict")
    print(json.dumps({"ready": ready, "v1": first["predictions"], "v2": predictions, "binary": binary}))


request = json.load(sys.stdin)
asyncio.run(main(*sys.argv[1:], request["names"], request["rows"]))

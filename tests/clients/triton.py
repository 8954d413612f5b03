"""Send requests by NVIDIA's own client of the Open Inference Protocol, and print the responses.

Predictions are in binary tensors, the client's default, and probabilities in JSON.

Usage: triton.py HOST:PORT TOKEN < {"names": [...], "rows": [[...], ...]}
"""

import json
import sys

import numpy as np
import tritonclient.http as triton

host, token = sys.argv[1:]
request = json.load(sys.stdin)
headers = {"Authorization": f"Bearer {token}"}
client = triton.InferenceServerClient(host)
tensors = []
for index, name in enumerate(request["names"]):
    values = [row[index] for row in request["rows"]]
    number = isinstance(values[0], int | float)
    data = np.array(values, dtype=np.float64 if number else np.object_).reshape(-1, 1)
    tensors.append(triton.InferInput(name, list(data.shape), "FP64" if number else "BYTES"))
    tensors[-1].set_data_from_numpy(data)
outputs = [triton.InferRequestedOutput("predict"), triton.InferRequestedOutput("predict_proba", binary_data=False)]
result = client.infer("model", tensors, outputs=outputs, request_id="7", headers=headers)
usual = client.infer("model", tensors, headers=headers)
print(
    json.dumps(
        {
            "live": client.is_server_live(),
            "ready": client.is_model_ready("model"),
            "columns": [each["name"] for each in client.get_model_metadata("model", headers=headers)["inputs"]],
            "id": result.get_response()["id"],
            "predictions": [each.decode() for each in result.as_numpy("predict").ravel()],
            "usual": [each.decode() for each in usual.as_numpy("predict").ravel()],
            "probabilities": result.as_numpy("predict_proba").tolist(),
        }
    )
)

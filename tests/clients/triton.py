"""Ask with NVIDIA's own client of the Open Inference Protocol; prints what it got as JSON.

Usage: triton.py HOST:PORT TOKEN < {"names": [...], "rows": [[...], ...]}
"""

import json
import sys

import numpy as np
import tritonclient.http as triton

host, token = sys.argv[1:]
asked = json.load(sys.stdin)
headers = {"Authorization": f"Bearer {token}"}
client = triton.InferenceServerClient(host)
tensors = []
for place, name in enumerate(asked["names"]):
    values = [row[place] for row in asked["rows"]]
    number = isinstance(values[0], int | float)
    data = np.array(values, dtype=np.float64 if number else np.object_).reshape(-1, 1)
    tensors.append(triton.InferInput(name, list(data.shape), "FP64" if number else "BYTES"))
    tensors[-1].set_data_from_numpy(data, binary_data=False)
outputs = [triton.InferRequestedOutput(name, binary_data=False) for name in ("predict", "predict_proba")]
result = client.infer("model", tensors, outputs=outputs, request_id="7", headers=headers)
print(
    json.dumps(
        {
            "live": client.is_server_live(),
            "ready": client.is_model_ready("model"),
            "columns": [each["name"] for each in client.get_model_metadata("model")["inputs"]],
            "id": result.get_response()["id"],
            "predictions": result.as_numpy("predict").ravel().tolist(),
            "probabilities": result.as_numpy("predict_proba").tolist(),
        }
    )
)

"""python litserve_model.py MODEL PORT"""

import sys

import joblib
import litserve


class Census(litserve.LitAPI):
    def setup(self, device):
        self.model = joblib.load(sys.argv[1])

    def predict(self, request):
        return {"predictions": self.model.predict(request["inputs"]).tolist()}


if __name__ == "__main__":
    server = litserve.LitServer(Census(), accelerator="cpu")
    server.run(host="127.0.0.1", port=int(sys.argv[2]), generate_client_file=False)
